"""巡课: who may see the lessons that go on now and look into one, and that nobody does so unseen."""


async def test_the_wall_shows_the_lessons_that_go_on_with_who_is_there(house) -> None:
    made = await house.lesson()
    await house.lesson(class_name="六（2）班")
    inspector = await house.account("inspector", name="徐督学")
    assert (await inspector.ask("GET", "/api/v1/live"))[1] == {"lessons": []}
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    room = await house.sit(made["lesson"], made["seats"][0]["token"])
    await room.hear("welcome")
    await room.say(type="headcount", students=21, teachers=1)
    await room.say(type="help", fault="no_sound")
    await room.hears(lambda view: view["seats"][1]["help"] and view["seats"][1]["headcount"])
    [lesson] = (await inspector.ask("GET", "/api/v1/live"))[1]["lessons"]
    assert (lesson["lesson"], lesson["state"], lesson["supporter"]) == (made["lesson"], "open", "实验小学")
    assert (lesson["class_name"], lesson["subject"], lesson["started_at"]) == ("五（1）班", "语", None)
    assert lesson["opened_at"].endswith("+08:00")
    host, rural = lesson["rooms"]
    assert (host["role"], host["present"], host["students"], host["needs_help"]) == ("host", True, None, False)
    assert (rural["school"], rural["classroom"], rural["present"]) == ("檀溪中小", "一号教室", True)
    assert (rural["students"], rural["needs_help"]) == (21, True)
    assert (lesson["observers"], lesson["unnamed_observers"]) == ([], 0)


async def test_whoever_looks_in_is_named_to_the_teacher_on_the_wall_and_in_the_log(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    inspector = await house.account("inspector", name="徐督学")
    status, look, _ = await inspector.ask("POST", f"/api/v1/live/{made['lesson']}/observe")
    assert status == 201
    eyes = await house.sit(made["lesson"], look["page"].removeprefix("/observe/"), "laptop")
    assert (await eyes.hear("welcome"))["seat"] is None
    assert await teacher.hear("observers") == {"type": "observers", "names": ["徐督学"], "unnamed": 0}
    guest = await house.sit(made["lesson"], made["observer"]["token"], "pad")
    await guest.hear("welcome")
    assert await teacher.hear("observers") == {"type": "observers", "names": ["徐督学"], "unnamed": 1}
    [lesson] = (await inspector.ask("GET", "/api/v1/live"))[1]["lessons"]
    assert (lesson["observers"], lesson["unnamed_observers"]) == (["徐督学"], 1)

    again = await house.sit(made["lesson"], made["teacher"]["token"])
    await again.hear("welcome")
    assert (await again.hear("observers"))["names"] == ["徐督学"]
    await eyes.socket.close()
    assert await again.hear("observers") == {"type": "observers", "names": [], "unnamed": 1}

    _, log, _ = await house.ask("GET", "/api/v1/audit?action=link.minted", house.info.secret)
    of_inspector = [line for line in log["items"] if line["actor"] == inspector.id]
    assert [(line["actor_name"], line["detail"]["lesson"]) for line in of_inspector] == [("徐督学", made["lesson"])]


async def test_a_look_ends_with_the_account_and_with_the_lesson(house) -> None:
    made = await house.lesson()
    inspector = await house.account("inspector")
    path = f"/api/v1/live/{made['lesson']}/observe"
    assert (await inspector.ask("POST", path))[1]["code"] == "lesson_not_open"
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    token = (await inspector.ask("POST", path))[1]["page"].removeprefix("/observe/")
    eyes = await house.sit(made["lesson"], token)
    await eyes.hear("welcome")
    await house.ask("POST", f"/api/v1/accounts/{inspector.id}/disable", house.info.secret)
    assert await eyes.is_closed()
    assert (await house.ask("GET", "/api/v1/me", token))[1]["code"] == "token_invalid"

    officer = await house.account("bureau_officer")
    await teacher.say(type="end")
    await teacher.hears(lambda view: view["state"] == "ended")
    assert (await officer.ask("POST", path))[1]["code"] == "lesson_ended"
    assert (await officer.ask("POST", "/api/v1/live/nosuchlesson/observe"))[1]["code"] == "lesson_unknown"
    assert (await officer.ask("GET", "/api/v1/live"))[1] == {"lessons": []}


async def test_a_look_shows_and_changes_nothing(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    inspector = await house.account("inspector")
    _, look, _ = await inspector.ask("POST", f"/api/v1/live/{made['lesson']}/observe")
    eyes = await house.sit(made["lesson"], look["page"].removeprefix("/observe/"))
    await eyes.hear("welcome")
    for message in (
        {"type": "end"},
        {"type": "mute", "seat": None, "muted": True},
        {"type": "set_stage", "seat": None},
    ):
        await eyes.say(**message)
        assert (await eyes.hear("error"))["code"] == "forbidden", message
