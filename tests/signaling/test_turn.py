"""Credentials for the TURN server: what they are, and that they are told to whoever has a link, and to nobody else."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from classroom.relay.offer import OfferIdentity, OfferTrack, write_offer
from signaling.messages import IceServer
from signaling.settings import Settings, load_settings
from signaling.turn import ice_servers, link_headers

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
URLS = "stun:turn.example.cn,turn:turn.example.cn:3478?transport=udp,turns:turn.example.cn:443?transport=tcp"
IDENTITY = OfferIdentity("ufrag", "p" * 24, (("sha-256", ":".join(["AB"] * 32)),), "actpass")
SENDER = write_offer(IDENTITY, (OfferTrack("audio", ("opus",), 1), OfferTrack("video", ("vp8",), 2, 3)), "sendonly")


def settings_with(**changes: object) -> Settings:
    return load_settings(turn_urls=URLS, turn_secret="north", turn_ttl=3600, **changes)


def test_the_password_signs_until_when_the_user_name_holds() -> None:
    stun, turn = ice_servers(settings_with(), "k3v5", AT)
    assert stun == IceServer(urls=["stun:turn.example.cn"])
    assert turn.urls == URLS.split(",")[1:]
    assert turn.username == f"{int(AT.timestamp()) + 3600}:k3v5"
    expected = hmac.new(b"north", turn.username.encode(), hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(expected).decode()


def test_link_headers_are_those_of_the_rfc() -> None:
    servers = [IceServer(urls=["stun:a.example"]), IceServer(urls=["turn:b.example"], username="9:n", credential="x=")]
    assert link_headers(servers) == [
        '<stun:a.example>; rel="ice-server"',
        '<turn:b.example>; rel="ice-server"; username="9:n"; credential="x="; credential-type="password"',
    ]


def test_without_a_turn_server_there_is_nothing_to_tell() -> None:
    assert ice_servers(Settings(), "k3v5", AT) == []
    assert link_headers([]) == []


@pytest.mark.parametrize(
    "url",
    ["turn.example.cn", "http://turn.example.cn", "turn:a b", 'turn:a>; rel="x"', "turn:a?transport=sctp", "turn:"],
)
def test_what_is_no_turn_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="turn_urls"):
        load_settings(turn_urls=url, turn_secret="north")


@pytest.mark.parametrize("url", ["turn:[2001:db8::1]:3478", "turns:turn.example.cn:443?transport=tcp", "stun:1.2.3.4"])
def test_what_is_one_is_taken(url: str) -> None:
    assert load_settings(turn_urls=url, turn_secret="north").turn_urls == [url]


def test_a_turn_server_without_a_secret_is_refused_and_a_stun_server_is_not() -> None:
    with pytest.raises(ValidationError, match="turn_secret"):
        load_settings(turn_urls="turn:turn.example.cn")
    assert load_settings(turn_urls="stun:turn.example.cn").turn_secret == ""


@pytest.fixture
def with_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSROOM_TURN_URLS", URLS)
    monkeypatch.setenv("CLASSROOM_TURN_SECRET", "north")


async def test_a_page_learns_it_with_its_welcome_and_nobody_does_before(with_turn, house) -> None:
    made = await house.lesson()
    for token in (made["teacher"]["token"], made["seats"][0]["token"], made["observer"]["token"]):
        seat = await house.sit(made["lesson"], token)
        stun, turn = (await seat.hear("welcome"))["ice_servers"]
        assert stun == {"urls": ["stun:turn.example.cn"]}
        assert len(turn["urls"]) == 2
        expected = hmac.new(b"north", turn["username"].encode(), hashlib.sha1).digest()
        assert turn["credential"] == base64.b64encode(expected).decode()
        assert token not in turn["username"]
    stranger = await house.sit(made["lesson"], "A" * 22)
    assert "ice_servers" not in await stranger.hear("error")


async def test_a_whip_client_learns_it_with_its_answer(with_turn, house) -> None:
    made = await house.lesson()
    url, body = made["teacher"]["whip"], {"data": SENDER}
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {made['teacher']['token']}"}
    async with house.session.post(url, headers=headers, **body) as response:
        assert response.status == 201
        links = response.headers.getall("Link")
    assert [link.partition(";")[0] for link in links] == [f"<{one}>" for one in URLS.split(",")]
    assert 'rel="ice-server"' in links[2]
    assert 'credential-type="password"' in links[2]
    async with house.session.post(url, headers={"Content-Type": "application/sdp"}, **body) as response:
        assert response.status == 401
        assert "Link" not in response.headers


async def test_without_one_the_welcome_names_none(house) -> None:
    made = await house.lesson()
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    assert (await seat.hear("welcome"))["ice_servers"] == []
