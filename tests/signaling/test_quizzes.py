"""Quizzes through the doors and the sockets: asked by the teacher, counted by classes, never told early."""

from typing import Any

TITLE = "随堂测 一"
QUESTIONS = [
    {"kind": "choice", "text": "3+4=?", "options": ["6", "7", "8"], "answer": 1},
    {"kind": "true_false", "text": "三角形有三条边", "answer": 0},
    {"kind": "number", "text": "12×12=?", "key": "144"},
    {"kind": "text", "text": "用一个词说说你的感受"},
]


async def made(house: Any, token: str, **changes: Any) -> Any:
    status, quiz, _ = await house.ask(
        "POST", "/api/v1/quizzes", token, {"title": TITLE, "questions": QUESTIONS, **changes}
    )
    assert status == 201, quiz
    return quiz


async def lesson_with(house: Any) -> tuple[Any, str, Any, Any]:
    """A lesson with its first quiz asked: the lesson, the quiz, the teacher's and the classroom's sockets."""
    lesson = await house.lesson()
    teacher = await house.sit(lesson["lesson"], lesson["teacher"]["token"])
    await teacher.hear("welcome")
    room = await house.sit(lesson["lesson"], lesson["seats"][0]["token"])
    await room.hear("welcome")
    quiz = await made(house, lesson["teacher"]["token"])
    path = f"/api/v1/lessons/{lesson['lesson']}/quizzes/{quiz['id']}"
    status, answer, _ = await house.ask("POST", f"{path}/start", lesson["teacher"]["token"], {"seconds": 60})
    assert status == 204, answer
    return lesson, path, teacher, room


async def test_a_quiz_from_its_first_question_to_the_comparison_of_a_term(house: Any) -> None:
    lesson, path, teacher, room = await lesson_with(house)
    seat, own, host = lesson["seats"][0]["seat"], lesson["seats"][0]["token"], lesson["teacher"]["token"]
    view = (await room.hears(lambda view: view["quiz"]))["quiz"]
    expected = {"question": 0, "questions": 4, "kind": "choice", "options": 3, "seconds": 60}
    assert {name: view[name] for name in expected} == expected
    words = (await house.ask("GET", path, own))[1]
    assert [one["text"] for one in words["questions"]] == [one["text"] for one in QUESTIONS]
    assert all(one["answer"] is None and one["key"] is None for one in words["questions"])
    assert (await house.ask("GET", path, host))[1]["questions"][0]["answer"] == 1

    await room.say(type="tally", quiz="anotherquiz1", question=0, counts=[23, 0, 0])
    assert (await room.hear("error"))["code"] == "quiz_not_open", "counted for a quiz that is over"
    await room.say(type="tally", question=0, counts=[1, 20, 2])
    seen = (await teacher.hears(lambda view: view["quiz"] and view["quiz"]["tallied"]))["quiz"]
    assert seen["tallies"] == [{"seat": seat, "counts": [1, 20, 2], "number": None}] and seen["answer"] == 1
    hidden = (await room.hears(lambda view: view["quiz"]["tallied"]))["quiz"]
    assert hidden["tallies"] == [] and hidden["answer"] is None, "what others said is not told before it is shown"
    await teacher.say(type="tally", question=0, counts=[0, 40, 2])
    await teacher.say(type="show_quiz", shown=True)
    shown = (await room.hears(lambda view: view["quiz"]["shown"]))["quiz"]
    assert shown["answer"] == 1 and len(shown["tallies"]) == 2

    await teacher.say(type="ask_question", question=2)
    await room.hears(lambda view: view["quiz"]["question"] == 2)
    await room.say(type="tally", question=2, counts=[18], number=144)
    await teacher.say(type="ask_question", question=3)
    await room.hears(lambda view: view["quiz"]["question"] == 3)
    status, _, _ = await house.ask("PUT", f"{path}/texts/3", own, {"text": " 高兴 ", "right": None})
    assert status == 204
    await teacher.hears(lambda view: view["quiz"]["question"] == 3 and view["quiz"]["tallied"])
    assert (await house.ask("GET", path, host))[1]["texts"] == [{"question": 3, "seat": seat, "text": "高兴"}]
    results = f"/api/v1/lessons/{lesson['lesson']}/quiz-results"
    assert (await house.ask("GET", results, own))[1]["items"] == [], "not before the quiz is over"
    await teacher.say(type="close_quiz")
    await room.hears(lambda view: view["quiz"] is None)
    lines = (await house.ask("GET", results, own))[1]["items"]
    assert [(one["question"], one["school"], one["rate"], one["said"]) for one in lines] == [
        (1, "实验小学", "95.2", None),
        (1, "檀溪中小", "87", None),
        (3, "檀溪中小", "78.3", None),
        (4, "檀溪中小", "—", "高兴"),
    ]
    _, table, headers = await house.ask("GET", f"{results}?format=csv", own)
    assert headers["Content-Type"].startswith("text/csv") and "檀溪中小" in table

    officer = await house.account("school_officer", "檀溪中小")
    term = (await officer.ask("GET", "/api/v1/quiz-results"))[1]["items"]
    assert [(one["title"], one["school"], one["asked"], one["right"], one["out_of"], one["rate"]) for one in term] == [
        (TITLE, "实验小学", 1, 40, 42, "95.2"),
        (TITLE, "檀溪中小", 3, 38, 46, "82.6"),
    ]
    pages, after = [], ""
    while after is not None:
        _, page, _ = await officer.ask("GET", f"/api/v1/quiz-results?limit=1{after and f'&after={after}'}")
        pages.append([one["school"] for one in page["items"]])
        after = page["next"]
    assert pages == [["实验小学"], ["檀溪中小"]]
    stranger = await house.account("school_officer", "礼张完小")
    assert (await stranger.ask("GET", "/api/v1/quiz-results"))[1]["items"] == []


async def test_who_may_not_is_told_so(house: Any) -> None:
    lesson, path, _, room = await lesson_with(house)
    own, host = lesson["seats"][0]["token"], lesson["teacher"]["token"]
    assert (await house.ask("POST", f"{path}/start", own, {}))[0] == 403
    assert (await house.ask("POST", "/api/v1/quizzes", own, {"title": "x", "questions": QUESTIONS}))[0] == 403
    await room.say(type="close_quiz")
    assert (await room.hear("error"))["code"] == "forbidden"
    status, problem, _ = await house.ask("PUT", f"{path}/texts/3", own, {"text": "我", "seat": "teacher"})
    assert (status, problem["code"]) == (403, "forbidden")
    status, problem, _ = await house.ask("PUT", f"{path}/texts/9", own, {"text": "我"})
    assert (status, problem["code"]) == (404, "question_unknown")
    other = await house.lesson()
    wrong = f"/api/v1/lessons/{other['lesson']}/quizzes/{path.rsplit('/', 1)[1]}"
    assert (await house.ask("GET", wrong, other["teacher"]["token"]))[1]["code"] == "quiz_unknown"
    second = await made(house, host)
    again = f"/api/v1/lessons/{lesson['lesson']}/quizzes/{second['id']}/start"
    assert (await house.ask("POST", again, host, {}))[1]["code"] == "quiz_open"


async def test_words_are_checked_kept_by_the_school_and_changed_only_before_use(house: Any) -> None:
    town, village = await house.link("teacher", "实验小学"), await house.link("teacher", "檀溪中小")
    for questions in (
        [{"kind": "choice", "text": "?", "options": ["一"]}],
        [{"kind": "choice", "text": "?", "options": ["一", "二"], "answer": 2}],
        [{"kind": "true_false", "text": "?", "options": ["一", "二"]}],
        [{"kind": "number", "text": "?", "answer": 0}],
        [{"kind": "choice", "text": "?", "options": ["一", "二"], "key": "一"}],
    ):
        body = {"title": "x", "questions": questions}
        status, problem, _ = await house.ask("POST", "/api/v1/quizzes", town["token"], body)
        assert (status, problem["code"]) == (400, "bad_quiz"), questions
    quiz = await made(house, town["token"])
    path = f"/api/v1/quizzes/{quiz['id']}"
    change = {"title": "改过", "questions": QUESTIONS[:1]}
    assert (await house.ask("PUT", path, village["token"], change))[1]["code"] == "quiz_unknown"
    assert (await house.ask("PUT", path, town["token"], change))[1]["title"] == "改过"
    assert (await house.ask("GET", "/api/v1/quizzes", village["token"]))[1] == {"quizzes": []}
    assert (await house.ask("DELETE", path, town["token"]))[0] == 204
    assert (await house.ask("GET", "/api/v1/quizzes", town["token"]))[1] == {"quizzes": []}
    lesson, held, _, _ = await lesson_with(house)
    used = f"/api/v1/quizzes/{held.rsplit('/', 1)[1]}"
    assert (await house.ask("PUT", used, lesson["teacher"]["token"], change))[1]["code"] == "quiz_used"
    log = (await house.ask("GET", "/api/v1/audit?action=quiz.", house.info.secret))[1]["items"]
    assert {"quiz.added", "quiz.changed", "quiz.removed"} <= {one["action"] for one in log}
