"""Recordings on the desks: sealed, held, extended, published, erased — and what is counted stays as it was."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signaling.context import KEEPER
from tests.signaling.test_recordings import cookie, part, record

REASON = {"reason": "家长要求"}


def over(house: Any, lesson: str, *, days_ago: int) -> None:
    """The lesson was recorded and ended so long ago."""
    at = (datetime.now(UTC) - timedelta(days=days_ago)).replace(tzinfo=None)
    with sqlite3.connect(house.data / "classroom.db") as database:
        database.execute("UPDATE lessons SET recorded = 1, ended_at = ? WHERE id = ?", (at.isoformat(" "), lesson))


@pytest.fixture
async def taught(house: Any, keeper: Any) -> Any:
    """A lesson that is over, with a recording of two streams."""
    made = await house.lesson()
    await record(house, made, 2)
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", house.info.secret)
    over(house, made["lesson"], days_ago=10)
    await keeper.go_round()
    return made


@pytest.fixture
def keeper(house: Any, apps: list[Any]) -> Any:
    return apps[-1][KEEPER]


@pytest.fixture(autouse=True)
def apps(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The applications that the test's server makes."""
    import signaling.app

    made: list[Any] = []
    make = signaling.app.make_app
    monkeypatch.setattr(signaling.app, "make_app", lambda *given: made.append(make(*given)) or made[-1])
    return made


def folder(house: Any, made: Any) -> Path:
    return Path(house.data) / "recordings" / made["lesson"]


async def class_of(officer: Any) -> str:
    return (await officer.ask("GET", "/api/v1/registry/consents"))[1]["items"][0]["class_id"]


async def kept(officer: Any, which: str = "all") -> Any:
    return (await officer.ask("GET", f"/api/v1/recordings?which={which}"))[1]["items"]


async def entry(officer: Any, class_id: str, **more: Any) -> Any:
    today = datetime.now(UTC).date().isoformat()
    body = {"class_id": class_id, "given_on": today, "noted_by": "李主任", "reference": "档案柜 3-2", **more}
    return await officer.ask("POST", "/api/v1/registry/consents", body)


async def test_a_withdrawal_seals_what_was_recorded_until_an_officer_erases_it(house, taught) -> None:
    village = await house.account("school_officer", "檀溪中小")
    base, token = f"/api/v1/recordings/{taught['lesson']}", taught["teacher"]["token"]
    class_id = await class_of(village)
    assert (await entry(village, class_id))[0] == 201
    _, played, headers = await house.ask("POST", f"{base}/playbacks", token)
    file = f"{base}/files/{played['streams'][0]['files'][0]['name']}"
    assert (await part(house, file, cookie(headers), "bytes=0-9"))[0] == 206

    status, line, _ = await village.ask("POST", f"/api/v1/registry/consents/{class_id}/withdrawal", REASON)
    assert (status, line["recording"]["standing"], line["recording"]["withdrawn_reason"]) == (
        200,
        "withdrawn",
        "家长要求",
    )
    assert (await part(house, file, cookie(headers), "bytes=0-9"))[0] == 401
    for method, path in (("POST", f"{base}/playbacks"), ("GET", f"{base}/comments")):
        status, problem, _ = await house.ask(method, path, token)
        assert (status, problem["code"]) == (403, "recording_sealed") and "已封存" in problem["title"]
    exports = f"/api/v1/lessons/{taught['lesson']}/exports"
    assert (await house.ask("POST", exports, token, {"layout": "slides"}))[1]["code"] == "recording_sealed"
    [waiting] = await kept(village, "waiting")
    assert (waiting["seals"][0]["is_ours"], waiting["is_own"]) == (True, False)

    status, _, _ = await village.ask("POST", f"{base}/erasure", REASON)
    assert status == 204 and not folder(house, taught).exists()
    _, problem, _ = await house.ask("POST", f"{base}/playbacks", token)
    assert problem["code"] == "recording_erased" and "班级撤回同意" in problem["title"]
    [gone] = await kept(village, "erased")
    assert (gone["state"], gone["rule"], gone["erase_reason"]) == ("erased", "consent", "家长要求")


async def test_what_is_sealed_and_held_is_seen_by_the_bureau_alone(house, taught) -> None:
    village, bureau = await house.account("school_officer", "檀溪中小"), await house.account("bureau_officer")
    base, class_id = f"/api/v1/recordings/{taught['lesson']}", await class_of(village)
    assert (await village.ask("PUT", f"{base}/hold", REASON))[0] == 403
    await entry(village, class_id)
    await village.ask("POST", f"/api/v1/registry/consents/{class_id}/withdrawal", REASON)
    assert (await village.ask("PUT", f"{base}/hold", {"reason": "公安机关调查"}))[0] == 204
    assert (await village.ask("POST", f"{base}/playbacks"))[0] == 403
    assert (await bureau.ask("POST", f"{base}/playbacks"))[0] == 201
    assert (await village.ask("POST", f"{base}/erasure", REASON))[1]["code"] == "recording_held"
    assert (await village.ask("DELETE", f"{base}/hold"))[0] == 403
    assert (await bureau.ask("DELETE", f"{base}/hold"))[0] == 204
    # The guardians have agreed again: whoever saw it before sees it again.
    await entry(village, class_id)
    assert (await village.ask("POST", f"{base}/playbacks"))[0] == 201


async def test_time_over_is_announced_and_then_erases_and_no_number_changes(house, taught, keeper) -> None:
    bureau, lesson = await house.account("bureau_officer"), taught["lesson"]
    token = taught["teacher"]["token"]

    def counted() -> Any:
        with sqlite3.connect(house.data / "classroom.db") as database:
            return [database.execute(f"SELECT * FROM {table}").fetchall() for table in ("activities", "journal")]

    before = counted()
    assert all(before)
    [line] = await kept(bureau)
    assert (line["state"], line["days_left"], line["is_warned"]) == ("kept", 170, False) and line["bytes"] > 0
    with sqlite3.connect(house.data / "classroom.db") as database:
        database.execute("UPDATE recordings SET ended_on = date(ended_on, '-300 days')")
    await keeper.go_round()
    [line] = await kept(bureau, "ending")
    assert line["days_left"] == 14 and folder(house, taught).exists()
    past = (await house.ask("GET", "/api/v1/lessons?scope=past", token))[1]["lessons"]
    assert past[0]["kept"]["is_warned"] and past[0]["kept"]["due_on"] == line["due_on"]
    status, _, _ = await house.ask("POST", f"/api/v1/recordings/{lesson}/extension", token, {"reason": "公开课"})
    assert status == 204 and (await kept(bureau, "waiting"))[0]["extension"]["state"] == "asked"
    assert (await kept(bureau))[0]["days_left"] == 30
    assert (await bureau.ask("PUT", f"/api/v1/recordings/{lesson}/extension", {"until": None}))[0] == 204
    with sqlite3.connect(house.data / "classroom.db") as database:
        database.execute("UPDATE recordings SET warned_on = date(warned_on, '-14 days')")
    await keeper.go_round()
    assert not folder(house, taught).exists()
    [line] = await kept(bureau)
    assert (line["state"], line["rule"]) == ("erased", "retention")
    assert counted() == before
    detail = (await bureau.ask("GET", f"/api/v1/activities/{before[0][0][0]}"))[1]
    assert "留存期满" in detail["recording"]["erased"][0]
    past = (await house.ask("GET", "/api/v1/lessons?scope=past", token))[1]["lessons"]
    assert (past[0]["kept"]["state"], past[0]["kept"]["rule"]) == ("erased", "retention")


async def test_with_pupils_both_sides_and_every_class_have_to_agree(house, taught) -> None:
    city, village = await house.account("school_officer", "实验小学"), await house.account("school_officer", "檀溪中小")
    bureau, base = await house.account("bureau_officer"), f"/api/v1/recordings/{taught['lesson']}"
    wish = {"pupils": True, "reason": "县级展示课"}
    status, made, _ = await house.ask("POST", f"{base}/publications", taught["teacher"]["token"], wish)
    assert (status, made["state"], made["waits_for"]) == (201, "asked", ["school", "bureau"])
    path = f"/api/v1/publications/{made['id']}/decision"
    assert (await city.ask("PUT", path, {"approve": True}))[1]["code"] == "publication_consent_missing"
    for officer in (city, village):
        assert (await entry(officer, await class_of(officer), purpose="publication"))[0] == 201
    assert (await village.ask("PUT", path, {"approve": True}))[0] == 404
    assert (await city.ask("PUT", path, {"approve": True}))[1]["waits_for"] == ["bureau"]
    assert (await bureau.ask("PUT", path, {"approve": True}))[1]["state"] == "approved"
    assert (await kept(city))[0]["due_on"] is None
    await village.ask(
        "POST",
        f"/api/v1/registry/consents/{await class_of(village)}/withdrawal",
        {"purpose": "publication", "reason": "家长要求"},
    )
    assert [one["state"] for one in (await kept(city))[0]["publications"]] == ["withdrawn"]
    assert (await kept(city))[0]["seals"] == []


async def test_without_pupils_the_school_agrees_and_takes_it_back(house, taught) -> None:
    city, base = await house.account("school_officer", "实验小学"), f"/api/v1/recordings/{taught['lesson']}"
    _, made, _ = await city.ask("POST", f"{base}/publications", {"pupils": False, "reason": "教研"})
    path = f"/api/v1/publications/{made['id']}"
    assert (await city.ask("PUT", f"{path}/decision", {"approve": False}))[0] == 400
    assert (await city.ask("PUT", f"{path}/decision", {"approve": True}))[1]["state"] == "approved"
    assert (await city.ask("POST", f"{path}/withdrawal", REASON))[1]["state"] == "withdrawn"


async def test_a_changed_file_is_an_alarm(house, taught, keeper) -> None:
    city = await house.account("school_officer", "实验小学")
    files = await keeper._store.recordings.files(taught["lesson"])
    assert len(files) == 3 and all(len(one.sha256) == 64 for one in files)
    with sqlite3.connect(house.data / "classroom.db") as database:
        database.execute("UPDATE recordings SET checked_at = datetime(checked_at, '-8 days')")
    path = folder(house, taught) / files[0].name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (folder(house, taught) / files[1].name).unlink()
    await keeper.go_round()
    [line] = await kept(city, "faulty")
    assert line["fault"] == "missing"
    assert "classroom_recordings_damaged 1.0" in (await house.ask("GET", "/metrics", house.info.secret))[1]
    _, played, _ = await city.ask("POST", f"/api/v1/recordings/{taught['lesson']}/playbacks")
    assert played["fault"] == "missing"


async def test_what_breaks_off_in_the_middle_of_erasing_is_finished_at_the_next_start(house, taught, keeper) -> None:
    from classroom.store.audit import MACHINE
    from classroom.store.registry import By

    store = keeper._store
    await store.recordings.erasing(taught["lesson"], "decision", "x", By(MACHINE, datetime.now(UTC)))
    next(folder(house, taught).glob("*.webm")).unlink()
    token = taught["teacher"]["token"]
    playbacks = f"/api/v1/recordings/{taught['lesson']}/playbacks"
    assert (await house.ask("POST", playbacks, token))[1]["code"] == "recording_erased"
    await keeper.close()
    await keeper.start()
    assert not folder(house, taught).exists()
    found = await store.recordings.get(taught["lesson"])
    assert found.state == "erased"
    await keeper.close()
    await keeper.start()


async def test_an_officer_of_the_school_takes_any_comment_away(house, taught) -> None:
    city, village = await house.account("school_officer", "实验小学"), await house.account("school_officer", "檀溪中小")
    path = f"/api/v1/recordings/{taught['lesson']}/comments"
    _, made, _ = await house.ask("POST", path, taught["teacher"]["token"], {"at_s": 1.0, "text": "板书清楚"})
    assert [one["may_remove"] for one in (await village.ask("GET", path))[1]["comments"]] == [False]
    assert (await village.ask("DELETE", f"{path}/{made['id']}"))[0] == 404
    assert [one["may_remove"] for one in (await city.ask("GET", path))[1]["comments"]] == [True]
    assert (await city.ask("DELETE", f"{path}/{made['id']}"))[0] == 204


async def test_a_school_keeps_its_own_classes_alone(house, taught) -> None:
    city, village = await house.account("school_officer", "实验小学"), await house.account("school_officer", "檀溪中小")
    theirs = await class_of(village)
    assert (await entry(city, theirs))[0] == 404
    assert (await city.ask("POST", f"/api/v1/registry/consents/{theirs}/withdrawal", REASON))[0] == 404
    assert (await village.ask("POST", f"/api/v1/registry/consents/{theirs}/withdrawal", REASON))[1]["code"] == (
        "not_consented"
    )
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert (await entry(village, theirs, given_on=tomorrow))[0] == 400
    status, line, _ = await entry(village, theirs, refused=2)
    assert (status, line["recording"]["standing"]) == (201, "refused")
    _, line, _ = await entry(village, theirs, refused=2, arranged=True)
    assert line["recording"]["standing"] == "good" and line["recording"]["until"].endswith("-08-31")
    _, log, _ = await house.ask("GET", "/api/v1/audit?action=consent.", house.info.secret)
    assert {one["action_text"] for one in log["items"]} == {"登记家长同意"} and "李主任" not in repr(log)


async def test_a_class_in_good_standing_needs_no_click_and_a_withdrawn_one_is_not_recorded(house) -> None:
    first = await house.lesson(record=True)
    officers = [await house.account("school_officer", school) for school in ("实验小学", "檀溪中小")]
    for officer in officers:
        await entry(officer, await class_of(officer))
    seat = await house.sit(first["lesson"], first["teacher"]["token"])
    assert (await seat.hear("welcome"))["lesson"]["recording"]["missing_consent"] == []
    assert (await house.lesson(record=True))["missing_consent"] == []
    away = f"/api/v1/registry/consents/{await class_of(officers[1])}/withdrawal"
    assert (await officers[1].ask("POST", away, REASON))[0] == 200
    view = await seat.hears(lambda view: view["recording"]["missing_consent"])
    assert [one["withdrawn"] for one in view["recording"]["missing_consent"]] == [True]
    assert len((await house.lesson(record=True, consent_by="张老师"))["missing_consent"]) == 1
    await asyncio.sleep(0)
