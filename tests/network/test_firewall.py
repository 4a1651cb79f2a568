"""Schools behind a firewall: a real classroom page in a namespace that lets out TCP alone, or TLS on 443 alone."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.network.coturn import TLS_PORT, coturn, turnserver
from tests.network.lesson import DEADLINE_S, LiveLesson, held
from tests.network.network import SERVER_ADDRESS, Namespace, Network
from tests.network.shaping import Rules

__all__ = ["turnserver"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

NO_UDP = Rules(udp=False)
HTTP_PORT = 8080


async def seated(lesson: LiveLesson) -> dict[str, Any]:
    """The classroom once its own picture has arrived too, and the recording is on."""
    room = lesson.seats[0]
    async with asyncio.timeout(DEADLINE_S):
        while True:
            view = await lesson.view()
            seat = next(one for one in view["seats"] if one["seat"] == room.name)
            if view["recording"]["on"] and any(stream["state"] == "flowing" for stream in seat["streams"]):
                return dict(seat)
            await asyncio.sleep(0.1)


async def metric(lesson: LiveLesson, name: str) -> int:
    """A counter or gauge of the relay, as it stands now."""
    headers = {"Authorization": f"Bearer {lesson.server.info.secret}"}
    async with aiohttp.ClientSession() as session, session.get(f"{lesson.door.url}/metrics", headers=headers) as answer:
        lines = (await answer.text()).splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith(f"classroom_relay_{name} "))


async def said(page: Any, word: str) -> str:
    """What the classroom's page says of its way, once it has this word."""
    shown = page.locator("[data-testid=path]", has_text=word)
    await shown.wait_for(timeout=DEADLINE_S * 1000)
    return str(await shown.text_content())


async def test_a_school_that_blocks_udp_takes_part_by_tcp(namespaces: None, chromium: str, tmp_path: Path) -> None:
    with Network(rooms=1) as network, network.server.entered():
        network.rooms[0].set(down=NO_UDP, up=NO_UDP)
        async with held(network, chromium, tmp_path, record=True) as lesson:
            room = lesson.seats[0]
            first_s = await room.until_picture(await room.opened_at())
            print(f"first picture with UDP blocked: {first_s:.2f} s after the page was opened")
            await seated(lesson)
            assert await metric(lesson, "tcp_connections") >= 2
            assert network.rooms[0].told().up.blocked > 0
            assert await said(room.page, "TCP") == "学校防火墙拦截了 UDP，已改走 TCP"


FIREWALL = """
table inet school {{
  chain out {{
    type filter hook output priority 0; policy drop;
    oif "lo" accept
    tcp dport {{ {ports} }} accept
  }}
}}
"""


def let_out_only(namespace: Namespace, *ports: int) -> None:
    """A firewall in the classroom that lets out TCP to these ports and nothing else. Skips where nft is refused."""
    rules = FIREWALL.format(ports=", ".join(map(str, ports)))
    try:
        subprocess.run(namespace.command("nft", "-f", "-"), input=rules, text=True, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no firewall: {error}")


async def test_a_school_that_lets_out_443_alone_takes_part_by_turn_over_tls(
    namespaces: None, turnserver: str, chromium: str, tmp_path: Path
) -> None:
    turn = ("--turn-urls", f"turns:{SERVER_ADDRESS}:{TLS_PORT}?transport=tcp", "--turn-secret", "north")
    extra = (*turn, "--http-port", str(HTTP_PORT))
    with Network(rooms=1) as network, network.server.entered():
        async with coturn(turnserver, tmp_path / "coturn", SERVER_ADDRESS, "north") as log:
            let_out_only(network.rooms[0].namespace, TLS_PORT, HTTP_PORT)
            async with held(network, chromium, tmp_path, record=True, extra=extra) as lesson:
                room = lesson.seats[0]
                first_s = await room.until_picture(await room.opened_at())
                print(f"first picture by TURN over TLS: {first_s:.2f} s after the page was opened")
                await seated(lesson)
                assert await said(room.page, "TLS") == "学校防火墙拦截了直连，已改走中转（TLS）"
                assert await metric(lesson, "tcp_connections") == 0
                assert "TLS/TCP" in log.read_text()
