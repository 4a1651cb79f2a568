"""Chat and private talk through the real socket: who hears of a line, what is fetched, who gets the sound."""

from typing import Any

from signaling.messages import MAX_EXCESS


async def enter(house: Any) -> dict[str, Any]:
    """A lesson with two classrooms: their sockets and the phones of their co-teachers, by who they are."""
    made = await house.lesson(recipients=[{"school": "檀溪中小", "classroom": room} for room in ("一", "二")])
    lesson, found = made["lesson"], {"made": made}
    found["teacher"] = await house.sit(lesson, made["teacher"]["token"])
    await found["teacher"].hear("welcome")
    for name, seat in zip(("one", "two"), made["seats"], strict=True):
        found[name] = await house.sit(lesson, seat["token"])
        body = {"seat": seat["seat"]}
        _, page, _ = await house.ask("POST", f"/api/v1/lessons/{lesson}/assistants", seat["token"], body)
        seat["phone"] = page["page"].rsplit("/", 1)[1]
        found[f"phone {name}"] = await house.sit(lesson, seat["phone"], device=f"phone-{name}")
        for device in (name, f"phone {name}"):
            await found[device].hear("welcome")
    return found


async def lines(house: Any, made: Any, token: str) -> list[str]:
    status, found, _ = await house.ask("GET", f"/api/v1/lessons/{made['lesson']}/chat", token)
    assert status == 200, found
    return [line["text"] for line in found["lines"]]


async def test_a_line_reaches_everybody_and_a_hidden_one_nobody(house: Any) -> None:
    who = await enter(house)
    made = who["made"]
    await who["one"].say(type="say", text="听得很清楚")
    for name in ("teacher", "one", "two", "phone one", "phone two"):
        line = (await who[name].hear("chat"))["line"]
        assert (line["text"], line["role"], line["seat"]) == ("听得很清楚", "classroom", made["seats"][0]["seat"])
    assert await lines(house, made, made["seats"][1]["token"]) == ["听得很清楚"]
    await who["two"].say(type="hide_line", line=line["id"])
    assert (await who["two"].hear("error"))["code"] == "forbidden"
    await who["teacher"].say(type="hide_line", line=line["id"])
    hidden = (await who["two"].hear("chat"))["line"]
    assert hidden["id"] == line["id"] and hidden["hidden"] and hidden["text"] == ""
    assert await lines(house, made, made["seats"][1]["token"]) == []
    await who["teacher"].say(type="close_chat", closed=True)
    await who["two"].hears(lambda view: view["chat"] == {"closed": True, "lines": 1})
    await who["two"].say(type="say", text="还在吗")
    assert (await who["two"].hear("error"))["code"] == "chat_closed"


async def test_a_private_line_has_two_ends(house: Any) -> None:
    who = await enter(house)
    made, seat = who["made"], who["made"]["seats"][0]
    await who["phone one"].say(type="say", text="投影仪坏了", to=seat["seat"])
    for name in ("teacher", "phone one"):
        assert (await who[name].hear("chat"))["line"]["to"] == seat["seat"]
    await who["teacher"].say(type="say", text="大家好")
    for name in ("one", "two", "phone two"):
        assert (await who[name].hear("chat"))["line"]["text"] == "大家好", "it has heard nothing before"
    assert await lines(house, made, seat["phone"]) == ["投影仪坏了", "大家好"]
    assert await lines(house, made, made["teacher"]["token"]) == ["投影仪坏了", "大家好"]
    for token in (seat["token"], made["seats"][1]["phone"], made["seats"][1]["token"]):
        assert await lines(house, made, token) == ["大家好"]


async def test_the_private_sound_is_for_the_other_end_of_the_open_line(house: Any) -> None:
    who = await enter(house)
    made, (one, two) = who["made"], who["made"]["seats"]
    everybody = {"teacher": made["teacher"]["token"]}
    everybody |= {name: seat["token"] for name, seat in (("one", one), ("two", two))}
    everybody |= {f"phone {name}": seat["phone"] for name, seat in (("one", one), ("two", two))}

    async def may(door: str, seat: str) -> set[str]:
        """Who gets as far as the offer itself, which is none."""
        path = f"{house.info.url}/{door}/{made['lesson']}/{seat}/talk"
        found = set()
        for name, token in everybody.items():
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
            async with house.session.post(path, data="v=0", headers=headers) as response:
                assert response.status in (400, 403, 404, 409), await response.text()
                if response.status != 403:
                    found.add(name)
        return found

    assert await may("whep", "teacher") == await may("whip", "teacher") == await may("whip", one["seat"]) == set()
    await who["phone one"].say(type="talk", seat=one["seat"])
    await who["teacher"].hears(lambda view: view["talk"] == one["seat"])
    await who["phone two"].say(type="talk", seat=two["seat"])
    assert (await who["phone two"].hear("error"))["code"] == "talk_busy"
    assert await may("whep", "teacher") == {"phone one"} == await may("whip", one["seat"])
    assert await may("whip", "teacher") == {"teacher"} == await may("whep", one["seat"])
    await who["teacher"].say(type="talk", seat=two["seat"])
    await who["two"].hears(lambda view: view["talk"] == two["seat"])
    assert await may("whep", "teacher") == {"phone two"}


async def test_a_phone_sends_its_own_two_sources_alone(house: Any) -> None:
    who = await enter(house)
    made, (one, two) = who["made"], who["made"]["seats"]
    for seat, source, status in ((one, "camera", 403), (one, "screen", 403), (two, "phone", 403), (one, "phone", 400)):
        path = f"{house.info.url}/whip/{made['lesson']}/{seat['seat']}/{source}"
        headers = {"Authorization": f"Bearer {one['phone']}", "Content-Type": "application/sdp"}
        async with house.session.post(path, data="v=0", headers=headers) as response:
            assert response.status == status, (source, await response.text())


async def test_who_writes_too_fast_is_told_so_and_stays(house: Any) -> None:
    who = await enter(house)
    for n in range(MAX_EXCESS):
        await who["one"].say(type="say", text=f"第 {n} 句")
    assert (await who["one"].hear("error"))["code"] == "chat_too_fast"
    for text in ("", "长" * 201, "两\n行"):
        await who["two"].say(type="say", text=text)
        assert (await who["two"].hear("error"))["code"] == "bad_message"
