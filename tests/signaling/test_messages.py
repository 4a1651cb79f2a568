"""The protocol's document and its code agree, and nothing a page sends raises anything but BadMessage."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.messages import (
    MAX_MESSAGE_BYTES,
    AnyClientMessage,
    AnyServerMessage,
    BadMessage,
    ConfirmHeadcount,
    Hello,
    Mute,
    Pong,
    SetStage,
    View,
    Want,
    decode,
    encode,
)

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


def tables() -> dict[str, dict[str, list[str]]]:
    """Heading → first cell → words in back quotes of the second cell."""
    found: dict[str, dict[str, list[str]]] = {}
    heading = ""
    for line in PROTOCOL.read_text(encoding="utf8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.setdefault(heading, {})[cells[0].strip("`")] = re.findall(r"`(\w+)`", cells[1])
    return found


def fields(union: Any) -> dict[str, list[str]]:
    return {kind.__struct_config__.tag: list(kind.__struct_encode_fields__) for kind in get_args(union)}


@pytest.mark.parametrize(
    ("heading", "union"), [("From the page", AnyClientMessage), ("From the server", AnyServerMessage)]
)
def test_the_document_names_every_message_and_its_fields(heading: str, union: Any) -> None:
    documented = tables()[heading]
    assert {name: sorted(words) for name, words in documented.items()} == {
        name: sorted(words) for name, words in fields(union).items()
    }


def test_the_document_names_every_field_of_the_view() -> None:
    names = set(re.findall(r'"(\w+)":', PROTOCOL.read_text(encoding="utf8").split("## The lesson view")[1]))

    def walk(kind: Any) -> set[str]:
        found: set[str] = set()
        for field in msgspec.structs.fields(kind):
            found.add(field.name)
            for inner in [field.type, *get_args(field.type)]:
                if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                    found |= walk(inner)
        return found

    assert names == walk(View)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type":"hello","token":"abc_-1","device":"d.1"}', Hello(token="abc_-1", device="d.1")),
        ('{"type":"set_stage","seat":null}', SetStage(seat=None)),
        ('{"type":"mute","seat":"r1","muted":true,"new_field":1}', Mute(seat="r1", muted=True)),
        ('{"type":"want","session":"abc234","height":0}', Want(session="abc234", height=0)),
        ('{"type":"headcount","students":0,"teachers":50}', ConfirmHeadcount(students=0, teachers=50)),
    ],
)
def test_a_message_is_read_from_text_and_from_bytes(text: str, expected: object) -> None:
    assert decode(text) == expected == decode(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"type":"unheard"}',
        '{"seat":"r1"}',
        '{"type":"set_stage"}',
        '{"type":"set_stage","seat":"../r1"}',
        '{"type":"set_stage","seat":"r1\\n"}',
        '{"type":"headcount","students":-1,"teachers":0}',
        '{"type":"headcount","students":2001,"teachers":0}',
        '{"type":"headcount","students":1,"teachers":51}',
        '{"type":"headcount","students":1.5,"teachers":1}',
        '{"type":"want","session":"abc234","height":-1}',
        '{"type":"want","session":"abc234","height":8193}',
        '{"type":"want","session":"../abc","height":1}',
        '{"type":"note_consent","seat":null,"by_name":""}',
        '{"type":"note_consent","seat":null,"by_name":"\\u0000"}',
        '{"type":"help","fault":"fire"}',
        '{"type":"hello","token":"' + "a" * 65 + '","device":"d"}',
        "[" * 4000,
        '{"type":"ping","t":1e999}',
        "\ud800",
    ],
)
def test_what_is_no_message_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadMessage) as caught:
        decode(text)
    assert caught.value.code == "bad_message" and caught.value.title and caught.value.detail


@pytest.mark.parametrize("message", ["好" * 2000, "x" * (MAX_MESSAGE_BYTES + 1), b" " * (MAX_MESSAGE_BYTES + 1)])
def test_a_large_message_is_refused_unread(message: str | bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        decode(message)
    assert caught.value.code == "message_too_large"


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_any_frame_gives_a_message_or_bad_message(frame: bytes | str) -> None:
    with suppress(BadMessage):
        assert isinstance(decode(frame), msgspec.Struct)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
)


@given(st.sampled_from(sorted(fields(AnyClientMessage))), st.data())
def test_any_fields_of_a_known_type_give_a_message_or_bad_message(tag: str, data: st.DataObject) -> None:
    names = fields(AnyClientMessage)[tag]
    values = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, json_values)))
    with suppress(BadMessage):
        assert isinstance(decode(json.dumps({"type": tag, **values})), msgspec.Struct)


def test_a_servers_message_carries_its_type_first() -> None:
    message = Pong(t=1.5, now=datetime(2019, 5, 14, 1, 0, tzinfo=UTC))
    assert encode(message) == b'{"type":"pong","t":1.5,"now":"2019-05-14T01:00:00Z"}'
