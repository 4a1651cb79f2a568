"""Live lessons against a real store, with the relay, the recorder and the clock in the test's hand."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

import pytest

from classroom.lesson import hands, seats, streams
from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    AnyEvent,
    LessonEnded,
    LessonOpened,
    LessonStarted,
    RecordingStarted,
    RecordingStopped,
    SeatLeft,
    SeatTaken,
    StreamFlowing,
    StreamGone,
)
from classroom.lesson.heartbeat import Marks
from classroom.relay.session import Flow, Link, Notice
from classroom.store.audit import MACHINE
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.store import Store
from recorder.verdict import Verdict
from signaling.flows import stream_key, subscriber_key
from signaling.guests import Guest
from signaling.lessons import Lessons
from signaling.messages import (
    AnyServerMessage,
    Camera,
    Closing,
    ConfirmHeadcount,
    End,
    Extend,
    Layers,
    LessonNow,
    Links,
    Mute,
    NoteConsent,
    Ping,
    Pong,
    RaiseHand,
    Record,
    Replaced,
    SetStage,
    Start,
    Still,
    View,
    Want,
    Warnings,
    Welcome,
)
from signaling.scheduling import LessonRequest, RecipientRequest, ScheduledLesson, schedule_lesson

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return self.seconds

    def at(self) -> datetime:
        return AT + timedelta(seconds=self.seconds - 1000)


class FakeHub:
    def __init__(self) -> None:
        self.flowing: list[Flow] = []
        self.ended: list[str] = []
        self.wanted: list[tuple[str, str, int]] = []

    def flows(self) -> list[Flow]:
        return list(self.flowing)

    def end_stream(self, prefix: str) -> None:
        self.ended.append(prefix)

    def want(self, session: str, subscriber: str, height: int) -> bool:
        self.wanted.append((session, subscriber, height))
        return True

    def link(self, session: str) -> Link | None:
        return Link(rtt_ms=20.0, loss=0.0, jitter_ms=1.0, in_bps=1000_000, out_bps=2000_000, remb_bps=None)


class FakeRecorder:
    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []
        self.stopped = 0
        self.broken = False
        self.off: set[tuple[str, str]] = set()
        self.found: Verdict | None = None

    def start_stream(self, lesson: str, seat: str, source: str, key: str) -> None:
        if self.broken:
            raise OSError("disk full")
        assert key == stream_key(lesson, seat, source)
        self.started.append((seat, source))

    def turned(self, lesson: str, seat: str, kind: str, on: bool) -> None:
        (self.off.discard if on else self.off.add)((seat, kind))

    async def stop(self, lesson: str) -> None:
        self.stopped += 1

    async def verdict(self, lesson: str) -> Verdict | None:
        return self.found if self.stopped else None


class FakeStills:
    def __init__(self) -> None:
        self.kept: dict[str, set[str]] = {}

    def keep(self, lesson: str, streams: Collection[str]) -> None:
        self.kept[lesson] = set(streams)


class Page:
    """A device that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[AnyServerMessage] = []

    def send(self, message: AnyServerMessage) -> None:
        self.told.append(message)

    @property
    def view(self) -> View:
        return [m.lesson for m in self.told if isinstance(m, Welcome | LessonNow)][-1]

    def kinds(self) -> list[type[Any]]:
        return [type(message) for message in self.told]


class World:
    """A server without its network: `boot` starts it, `crash` kills it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock, self.hub, self.recorder, self.stills = FakeClock(), FakeHub(), FakeRecorder(), FakeStills()
        self.judged: list[str] = []
        self.judge_fails = False
        self.open_before: timedelta | None = None
        self.store: Store
        self.lessons: Lessons
        self.made: ScheduledLesson

    async def boot(self) -> None:
        self.store = await Store.open(self.url)
        self.lessons = self.other()
        await self.lessons.start()
        # Here seconds go by in `second` alone, also on a machine that is slow.
        self.lessons._ticker.cancel()

    def other(self) -> Lessons:
        """The lessons of this store as one more server would have them."""
        return Lessons(
            self.store,
            self.hub,
            self.recorder,
            self._on_ended,
            stills=self.stills,
            clock=self.clock,
            new_id=new_id,
            open_before=self.open_before,
        )

    async def crash(self, silent_s: float = 0.0) -> None:
        """Nothing is said, nothing is written; the network is gone."""
        self.hub.flowing = []
        await self.lessons.close()
        await self.store.close()
        self.clock.seconds += silent_s
        await self.boot()

    async def close(self) -> None:
        await self.lessons.close()
        await self.store.close()

    async def _on_ended(self, lesson: str) -> None:
        if self.judge_fails:
            raise RuntimeError("the ledger fell over")
        self.judged.append(lesson)

    async def schedule(self, minutes: int | None = 40, **more: Any) -> ScheduledLesson:
        rooms = [
            RecipientRequest(school="檀溪中小", classroom="同步教室", class_name="四（1）班", class_size=23),
            RecipientRequest(school="檀溪中小", classroom="录播室", class_name="四（2）班", class_size=21),
        ]
        request = LessonRequest(
            class_name="四（2）班", class_size=42, subject="语", minutes=minutes, recipients=rooms, **more
        )
        school = await self.store.registry.school("实验小学")
        self.made = await schedule_lesson(
            self.store, request, supporter=school, by="cli", at=self.clock.at(), new_id=new_id
        )
        return self.made

    @property
    def id(self) -> str:
        return self.made.lesson

    @property
    def room(self) -> str:
        return self.made.seats[0].seat

    @property
    def other_room(self) -> str:
        return self.made.seats[1].seat

    async def teacher(self, device: str = "t1", holder: str = "h1") -> tuple[Page, Guest]:
        page = Page()
        guest = await self.lessons.attach(
            self.id, role="teacher", seat="teacher", holder=holder, device=page, device_id=device
        )
        return page, guest

    async def classroom(
        self, seat: str, device: str = "d1", role: Literal["classroom", "assistant"] = "classroom"
    ) -> tuple[Page, Guest]:
        page = Page()
        guest = await self.lessons.attach(self.id, role=role, seat=seat, holder="k", device=page, device_id=device)
        return page, guest

    def flow(self, seat: str, to: str | None = None, source: str = "camera", session: str | None = None) -> None:
        """Sound and picture flow from now on, until `still`."""
        subscriber = None if to is None else subscriber_key(self.id, to)
        name = session or f"{seat}-{source}-{to}"
        for kind in ("audio", "video"):
            now = self.clock.now()
            self.hub.flowing.append(Flow(stream_key(self.id, seat, source), subscriber, name, kind, now, now))  # type: ignore[arg-type]

    def notice(
        self,
        kind: Literal["flowing", "stalled", "gone", "replaced"],
        seat: str,
        session: str | None = None,
        source: str = "camera",
    ) -> None:
        now = self.clock.now()
        key = stream_key(self.id, seat, source)
        self.lessons.notice(Notice(key, None, session or f"{seat}-{source}-None", kind, now, now))

    async def publish(self, seat: str, session: str | None = None, source: str = "camera") -> None:
        self.flow(seat, source=source, session=session)
        self.notice("flowing", seat, session, source)
        await self.lessons.drain()

    async def second(self, count: int = 1, silent: bool = False) -> None:
        """Seconds go by; what flows has its last packet now, unless all is silent."""
        for _ in range(count):
            self.clock.seconds += 1
            if not silent:
                self.hub.flowing = [
                    Flow(f.stream, f.subscriber, f.session, f.kind, f.first, self.clock.now()) for f in self.hub.flowing
                ]
            await self.lessons.tick()
            await self.lessons.drain()

    async def jump(self, seconds: float) -> None:
        self.clock.seconds += seconds - 1
        await self.second()

    async def events(self) -> list[AnyEvent]:
        return await self.store.journal.events(self.id)

    async def happened(self, kind: type[Any]) -> list[Any]:
        return [event for event in await self.events() if isinstance(event, kind)]


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    world = World(database)
    await world.boot()
    yield world
    await world.close()


async def test_the_teachers_page_opens_the_lesson_and_the_waiting_classroom_is_seated(world: World) -> None:
    await world.schedule()
    room, _ = await world.classroom(world.room)
    assert room.view.state == "scheduled" and not room.view.seats[1].present
    teacher, _ = await world.teacher()
    await world.lessons.drain()
    assert isinstance(teacher.told[0], Welcome) and teacher.told[0].seat == "teacher"
    assert teacher.view.state == "open" == room.view.state
    assert [seat.present for seat in room.view.seats] == [True, True, False]


async def test_a_planned_lesson_opens_by_itself_for_the_classrooms_that_wait(world: World) -> None:
    world.open_before = timedelta(minutes=10)
    await world.crash()
    await world.schedule(start=AT + timedelta(minutes=12))
    room, _ = await world.classroom(world.room)
    await world.second()
    assert room.view.state == "scheduled"
    await world.second(90)
    await world.jump(60)
    await world.second(60)
    assert room.view.state == "open" and room.view.seats[1].present
    assert await world.happened(LessonStarted) == []
    [opened] = await world.happened(LessonOpened)
    assert opened.by == "server"


async def test_everybody_is_told_after_the_event_is_durable(world: World) -> None:
    await world.schedule()
    _, host = await world.teacher()
    room, guest = await world.classroom(world.room)
    seen: list[int] = []

    class Reader(Page):
        def send(self, message: AnyServerMessage) -> None:
            super().send(message)
            seen.append(self.view.seq)

    reader = Reader()
    await world.lessons.attach(
        world.id, role="assistant", seat=world.room, holder="k", device=reader, device_id="phone"
    )
    await world.lessons.handle(host, Start())
    assert await world.lessons.handle(guest, RaiseHand()) is None
    assert [hand.seat for hand in room.view.hands] == [world.room]
    stored = await world.events()
    assert seen[-1] == stored[-1].seq == room.view.seq


async def test_what_a_screen_shows_is_told_to_the_relay_under_the_viewers_own_key(world: World) -> None:
    await world.schedule(observers=1)
    _, host = await world.teacher()
    _, room = await world.classroom(world.room)
    observer = await world.lessons.attach(
        world.id, role="observer", seat=None, holder="o", device=Page(), device_id="pad", link="k1"
    )
    for guest, height in ((host, 180), (room, 720), (observer, 0)):
        assert await world.lessons.handle(guest, Want(session="abc234", height=height)) is None
    assert world.hub.wanted == [
        ("abc234", f"{world.id}/teacher", 180),
        ("abc234", f"{world.id}/{world.room}", 720),
        ("abc234", f"{world.id}/observer-k1", 0),
    ]


async def test_layers_that_are_wanted_are_told_to_who_publishes_them(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    room, _ = await world.classroom(world.room)
    phone, _ = await world.classroom(world.room, "p1", "assistant")
    world.lessons.layers(stream_key(world.id, world.room, "camera"), ["l"])
    world.lessons.layers(stream_key("elsewhere", world.room, "camera"), ["l"])
    told = [[message for message in page.told if isinstance(message, Layers)] for page in (teacher, room, phone)]
    assert told == [[], [Layers(source="camera", active=["l"])], []]


async def test_a_seat_without_moving_pictures_is_told_of_stills_of_what_it_watches(world: World) -> None:
    await world.schedule()
    teacher, host = await world.teacher()
    room, _ = await world.classroom(world.room)
    await world.lessons.handle(host, Start())
    await world.publish("teacher")
    await world.publish("teacher", source="screen")
    await world.publish(world.room)
    world.flow("teacher", to=world.room)
    world.flow("teacher", to=world.room, source="screen")
    world.flow(world.room, to="teacher")
    await world.second()
    camera, screen = (stream_key(world.id, "teacher", source) for source in ("camera", "screen"))
    for rung, wanted in (("lowest", set()), ("still", {camera, screen}), ("slides", {screen}), ("audio", set())):
        await world.lessons.command(world.id, partial(streams.change_rung, by="server", seat=world.room, rung=rung))
        assert (room.view.seats[1].rung, world.stills.kept[world.id]) == (rung, wanted)
        before = len(room.told)
        for stream in (camera, screen):
            world.lessons.still(stream, 7)
        told = room.told[before:]
        assert told == [Still(seat="teacher", source=s.rpartition("/")[2], version=7) for s in sorted(wanted)]
    assert not any(isinstance(message, Still) for message in teacher.told)
    await world.lessons.command(world.id, partial(streams.change_rung, by="server", seat=world.room, rung="still"))
    world.hub.flowing = [flow for flow in world.hub.flowing if flow.subscriber is not None or flow.kind == "audio"]
    await world.second()
    assert world.stills.kept[world.id] == set(), "nobody sends a picture"
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert world.stills.kept[world.id] == set()


async def test_codes_and_links_are_for_the_teachers_eyes(world: World) -> None:
    made = await world.schedule()
    teacher, _ = await world.teacher()
    room, _ = await world.classroom(world.room)
    assert [seat.code for seat in teacher.view.seats] == [None, made.seats[0].code, made.seats[1].code]
    join = teacher.view.seats[1].join
    assert join is not None
    link = await world.store.links.resolve(join.removeprefix("/join/"))
    assert link is not None and (link.role, link.lesson, link.seat) == ("classroom", world.id, world.room)
    assert all(seat.code is None and seat.join is None for seat in room.view.seats)


async def test_the_newest_device_wins_and_the_older_is_told(world: World) -> None:
    await world.schedule()
    await world.teacher()
    old, old_guest = await world.classroom(world.room, "d1")
    new, _ = await world.classroom(world.room, "d2")
    assert isinstance(old.told[-1], Replaced)
    told = len(old.told)
    world.lessons.detach(old_guest)
    tab, _ = await world.classroom(world.room, "d2")
    assert isinstance(new.told[-1], Replaced) and isinstance(tab.told[0], Welcome)
    assert len(old.told) == told
    kinds = [type(event).__name__ for event in await world.events()]
    assert kinds.count("SeatTaken") == 2 and kinds.count("DeviceReplaced") == 1


async def test_another_teacher_is_refused_while_the_seat_is_taken(world: World) -> None:
    await world.schedule()
    _, host = await world.teacher(holder="h1")
    for attempt in (
        world.teacher("t2", holder="h2"),
        world.lessons.check_publish(world.id, "teacher", "camera", role="teacher", holder="h2"),
    ):
        with pytest.raises(LessonError, match="seat_taken"):
            await attempt
    await world.lessons.check_publish(world.id, "teacher", "camera", role="teacher", holder="h1")
    world.lessons.detach(host)
    await world.second(20)
    await world.teacher("t2", holder="h2")


async def test_assistants_stand_beside_the_main_device(world: World) -> None:
    await world.schedule()
    await world.teacher()
    main, _ = await world.classroom(world.room)
    phones = [await world.classroom(world.room, f"p{i}", role="assistant") for i in range(5)]
    assert Replaced not in main.kinds()
    assert [Replaced in phone.kinds() for phone, _ in phones] == [True, False, False, False, False]
    again, guest = await world.classroom(world.room, "p4", role="assistant")
    assert Replaced in phones[4][0].kinds() and Replaced not in phones[1][0].kinds()
    await world.lessons.handle(guest, ConfirmHeadcount(students=20, teachers=1))
    assert again.view.seats[1].headcount is not None
    [confirmed] = [event for event in await world.events() if type(event).__name__ == "HeadcountConfirmed"]
    assert confirmed.by == f"assistant:{world.room}"


async def test_observers_watch_up_to_a_number_and_do_nothing(world: World) -> None:
    await world.schedule(observers=1)
    await world.teacher()
    page = Page()
    observer = await world.lessons.attach(world.id, role="observer", seat=None, holder="o", device=page, device_id="o1")
    with pytest.raises(LessonError, match="observers_full"):
        await world.lessons.attach(world.id, role="observer", seat=None, holder="o", device=Page(), device_id="o2")
    for message in (Start(), RaiseHand(seat=world.room), SetStage(seat=None)):
        with pytest.raises(LessonError, match="forbidden"):
            await world.lessons.handle(observer, message)
    with pytest.raises(LessonError, match="seat_unknown"):
        await world.lessons.handle(observer, RaiseHand())
    assert page.told[0].seat is None  # type: ignore[union-attr]


async def test_a_ping_comes_back_with_the_servers_clock(world: World) -> None:
    await world.schedule()
    _, guest = await world.teacher()
    assert await world.lessons.handle(guest, Ping(t=4.5)) == Pong(t=4.5, now=world.clock.at())


async def test_what_does_not_exist_is_refused_by_name(world: World) -> None:
    await world.schedule()
    world.made = await world.schedule()
    with pytest.raises(LessonError, match="lesson_unknown"):
        await world.lessons.view("nothing")
    with pytest.raises(LessonError, match="seat_unknown"):
        await world.classroom("elsewhere")
    with pytest.raises(LessonError, match="lesson_not_open"):
        await world.lessons.check_publish(world.id, world.room, "camera", role="classroom", holder="k")
    with pytest.raises(LessonError, match="lesson_not_open"):
        await world.lessons.check_view(world.id, "teacher", "camera")
    with pytest.raises(LessonError, match="source_unknown"):
        await world.lessons.check_publish(world.id, "teacher", "window", role="teacher", holder="h")
    await world.teacher()
    for seat, source, code in (("nobody", "camera", "seat_unknown"), ("teacher", "cinema", "source_unknown")):
        with pytest.raises(LessonError, match=code):
            await world.lessons.check_view(world.id, seat, source)


async def test_a_stream_is_told_with_what_it_carries(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    await world.publish("teacher")
    [stream] = teacher.view.seats[0].streams
    assert (stream.source, stream.state, stream.audio, stream.video) == ("camera", "flowing", True, True)
    world.notice("stalled", "teacher")
    await world.lessons.drain()
    assert teacher.view.seats[0].streams[0].state == "stalled"
    world.notice("gone", "teacher")
    await world.lessons.drain()
    assert teacher.view.seats[0].streams == []


async def test_a_picture_that_comes_after_the_sound_is_told_with_the_next_second(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    await world.publish("teacher")
    sound, picture = world.hub.flowing
    world.hub.flowing = [sound]
    await world.second()
    assert not teacher.view.seats[0].streams[0].video
    world.hub.flowing = [sound, picture]
    await world.second()
    assert teacher.view.seats[0].streams[0].video


async def test_a_session_replaced_by_a_newer_one_takes_nothing_away(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    await world.publish("teacher", "s1")
    await world.publish("teacher", "s2")
    world.notice("replaced", "teacher", "s1")
    await world.lessons.drain()
    assert len(teacher.view.seats[0].streams) == 1


async def test_media_alone_takes_a_seat_and_opens_the_lesson(world: World) -> None:
    await world.schedule()
    await world.lessons.check_publish(world.id, "teacher", "camera", role="teacher", holder="h1")
    await world.publish("teacher", "obs")
    view = await world.lessons.view(world.id)
    assert view.state == "open" and view.seats[0].present
    [taken] = await world.happened(SeatTaken)
    assert taken.device == "whip:obs"
    with pytest.raises(LessonError, match="seat_taken"):
        await world.teacher("t2", holder="h2")


async def test_notices_of_no_lesson_of_ours_are_nothing(world: World) -> None:
    await world.schedule()
    await world.teacher()
    known = len(await world.events())
    for stream, subscriber in (("probe", None), ("x/y/z", None), (f"{world.id}/teacher/camera", "viewer")):
        world.lessons.notice(Notice(stream, subscriber, "s", "flowing", 1.0, 1.0))
    world.lessons.notice(Notice(f"{world.id}/nobody/camera", None, "s", "flowing", 1.0, 1.0))
    await world.lessons.drain()
    assert len(await world.events()) == known


async def test_a_seat_leaves_after_15_s_and_its_presence_ends_at_the_last_packet(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    _, guest = await world.classroom(world.room)
    await world.publish(world.room)
    await world.second(5)
    last = world.clock.at()
    world.lessons.detach(guest)
    await world.second(8, silent=True)
    world.hub.flowing = []
    world.notice("gone", world.room)
    await world.second(6)
    assert await world.happened(SeatLeft) == []
    await world.second(2)
    [left] = await world.happened(SeatLeft)
    assert left.seat == world.room and left.last_at == last
    assert not teacher.view.seats[1].present and teacher.view.seats[1].left_at == last


async def test_a_socket_or_a_connection_alone_keeps_the_seat(world: World) -> None:
    await world.schedule()
    await world.teacher()
    _, guest = await world.classroom(world.room)
    await world.second(40)
    await world.publish(world.room)
    world.lessons.detach(guest)
    await world.second(40)
    assert await world.happened(SeatLeft) == []


async def test_a_seat_without_any_packet_left_when_its_socket_closed(world: World) -> None:
    await world.schedule()
    await world.teacher()
    _, guest = await world.classroom(world.room)
    await world.second(4)
    closed = world.clock.at()
    world.lessons.detach(guest)
    await world.second(16)
    [left] = await world.happened(SeatLeft)
    assert left.last_at == closed


async def test_a_stream_whose_end_got_lost_goes_with_the_watch(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    await world.publish("teacher")
    await world.second()
    world.hub.flowing = []
    await world.second(17)
    assert teacher.view.seats[0].streams == []


async def test_every_second_somebody_is_there_has_its_heartbeat(world: World) -> None:
    await world.schedule()
    await world.second(2)
    await world.teacher()
    await world.classroom(world.room)
    await world.publish("teacher")
    await world.publish(world.room)
    world.flow("teacher", to=world.room)
    await world.second(2)
    beats = await world.store.journal.heartbeats(world.id)
    assert [beat.at for beat in beats] == [world.clock.at() - timedelta(seconds=1), world.clock.at()]
    assert beats[0].seats == {
        "teacher": Marks(up_audio=0, up_video=0, up_audio_since=1000, up_video_since=1000),
        world.room: Marks(
            up_audio=0,
            up_video=0,
            down_audio=0,
            down_video=0,
            up_audio_since=1000,
            up_video_since=1000,
            down_audio_since=1000,
            down_video_since=1000,
        ),
    }
    assert len({beat.boot for beat in beats}) == 1
    await world.second(2, silent=True)
    last = (await world.store.journal.heartbeats(world.id))[-1].seats["teacher"]
    assert (last.up_audio, last.up_video) == (2000, 2000)


async def test_the_teacher_hears_of_the_lines_every_other_second(world: World) -> None:
    await world.schedule()
    teacher, _ = await world.teacher()
    room, _ = await world.classroom(world.room)
    await world.publish(world.room)
    await world.second(4)
    told = [message for message in teacher.told if isinstance(message, Links)]
    assert len(told) == 2 and told[0].seats[world.room].up_kbps == 1000
    assert Links not in room.kinds()


async def test_the_end_is_told_judged_and_ends_the_streams(world: World) -> None:
    await world.schedule()
    teacher, host = await world.teacher()
    room, guest = await world.classroom(world.room)
    await world.lessons.handle(host, Start())
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert teacher.view.state == room.view.state == "ended"
    assert world.hub.ended == [f"{world.id}/"] and world.judged == [world.id]
    with pytest.raises(LessonError, match="lesson_ended"):
        await world.lessons.handle(guest, RaiseHand())
    with pytest.raises(LessonError, match="lesson_ended"):
        await world.classroom(world.room)
    await world.second(2)
    with pytest.raises(LessonError, match="lesson_ended"):
        await world.lessons.handle(guest, RaiseHand())
    assert (await world.lessons.view(world.id)).state == "ended"
    assert await world.store.lessons.unsettled() == []


async def test_http_ends_and_cancels(world: World) -> None:
    await world.schedule()
    await world.lessons.cancel(world.id, "teacher", MACHINE)
    assert (await world.lessons.view(world.id)).state == "ended"
    await world.schedule()
    await world.teacher()
    await world.lessons.end(world.id, "cli", MACHINE)
    [ended] = await world.happened(LessonEnded)
    assert (ended.by, ended.reason) == ("cli", "cli")


def every_camera(world: World) -> list[tuple[str, str]]:
    """What a recording listens for from its beginning, also where nobody sends yet: no first picture is missed."""
    return [("teacher", "camera"), (world.room, "camera"), (world.other_room, "camera")]


async def test_recording_follows_the_streams(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    _, host = await world.teacher()
    await world.publish("teacher")
    await world.classroom(world.room)
    assert world.recorder.started == []
    await world.lessons.handle(host, Start())
    await world.lessons.drain()
    assert world.recorder.started == every_camera(world)
    await world.publish(world.room)
    assert world.recorder.started == [*every_camera(world), (world.room, "camera")]
    await world.publish("teacher", source="screen")
    assert world.recorder.started[-1] == ("teacher", "screen")
    await world.lessons.handle(host, Record(on=False))
    await world.lessons.handle(host, Record(on=True))
    await world.lessons.drain()
    assert world.recorder.stopped == 1
    assert set(world.recorder.started[-4:]) == {*every_camera(world), ("teacher", "screen")}
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert world.recorder.stopped == 2 and world.judged == [world.id]


async def test_a_recording_waits_for_the_consent_of_every_class(world: World) -> None:
    await world.schedule(record=True)
    teacher, host = await world.teacher()
    await world.publish("teacher")
    await world.lessons.handle(host, Start())
    view = teacher.view.recording
    assert view.wanted and not view.on and len(view.missing_consent) == 3
    with pytest.raises(LessonError, match="consent_missing"):
        await world.lessons.handle(host, Record(on=True))
    await world.lessons.handle(host, NoteConsent(seat=world.room, by_name="王老师"))
    await world.lessons.handle(host, NoteConsent(seat=None, by_name="李主任"))
    await world.lessons.drain()
    assert teacher.view.recording.on and teacher.view.recording.missing_consent == []
    assert world.recorder.started == every_camera(world)
    journal = repr(await world.events())
    assert "王老师" not in journal and "李主任" not in journal
    classes = [seat.class_id for seat in (await world.events())[0].seats]  # type: ignore[union-attr]
    assert {one.noted_by for [one] in (await world.store.consents.of_classes(classes)).values()} == {"王老师", "李主任"}


async def test_a_withdrawn_consent_stops_the_recording_and_the_lesson_goes_on_live(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    teacher, host = await world.teacher()
    await world.publish("teacher")
    await world.lessons.handle(host, Start())
    await world.lessons.drain()
    assert teacher.view.recording.on
    last = (await world.events())[0].seats[-1].class_id  # type: ignore[union-attr]
    await world.store.consents.withdraw(last, "recording", "家长要求", By(MACHINE, world.clock.at()))
    await world.lessons.consent_withdrawn(last, MACHINE)
    await world.lessons.drain()
    view = teacher.view.recording
    assert (view.on, view.wanted) == (False, True) and [one.withdrawn for one in view.missing_consent] == [True]
    assert world.recorder.stopped == 1 and teacher.view.state == "live"
    with pytest.raises(LessonError, match="consent_withdrawn"):
        await world.lessons.handle(host, NoteConsent(seat=view.missing_consent[0].seat, by_name="王老师"))
    await world.lessons.consented(last, MACHINE)
    await world.lessons.drain()
    assert teacher.view.recording.on
    assert "家长要求" not in repr(await world.events())


async def test_only_the_teacher_notes_consent(world: World) -> None:
    await world.schedule()
    await world.teacher()
    _, guest = await world.classroom(world.room)
    with pytest.raises(LessonError, match="forbidden"):
        await world.lessons.handle(guest, NoteConsent(seat=None, by_name="某人"))
    classes = [seat.class_id for seat in (await world.events())[0].seats]  # type: ignore[union-attr]
    assert await world.store.consents.of_classes(classes) == {}


async def test_the_light_goes_off_when_the_recorder_cannot(world: World) -> None:
    world.recorder.broken = True
    await world.schedule(record=True, consent_by="王老师")
    teacher, host = await world.teacher()
    await world.publish("teacher")
    await world.lessons.handle(host, Start())
    await world.lessons.drain()
    [stopped] = await world.happened(RecordingStopped)
    assert stopped.reason == "fault" and not teacher.view.recording.on and teacher.view.recording.wanted


async def test_what_hinders_the_recorder_is_told_until_it_is_over(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    teacher, host = await world.teacher()
    await world.lessons.handle(host, Start())
    for code, shown in (("disk_full", "disk_full"), ("recovered", None)):
        world.lessons.recording_problem(world.id, code)
        assert teacher.view.recording.problem == shown and teacher.view.recording.on
    world.lessons.recording_problem("elsewhere", "disk_full")


async def test_what_is_wrong_is_told_to_the_teacher_and_to_the_room_itself_and_to_nobody_else(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师", observers=1)
    teacher, host = await world.teacher()
    await world.lessons.handle(host, Start())
    classroom, _ = await world.classroom(world.room)
    observer = Page()
    await world.lessons.attach(world.id, role="observer", seat=None, holder="o", device=observer, device_id="o1")

    def told(page: Page) -> list[dict[str, list[str]]]:
        return [message.seats for message in page.told if isinstance(message, Warnings)]

    world.lessons.recording_warnings(world.id, world.room, "camera", {"silent", "dark"})
    world.lessons.recording_warnings(world.id, "teacher", "camera", {"frozen"})
    world.lessons.recording_warnings(world.id, world.room, "camera", ())
    both = {world.room: ["dark", "silent"], "teacher": ["frozen"]}
    assert told(teacher) == [{world.room: ["dark", "silent"]}, both, {"teacher": ["frozen"]}]
    assert told(classroom) == [{world.room: ["dark", "silent"]}, {}]
    assert told(observer) == []
    # Who comes later is told what still is.
    again, _ = await world.teacher()
    assert told(again) == [{"teacher": ["frozen"]}]


async def test_what_is_turned_off_on_purpose_is_known_to_the_recorder(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    _, host = await world.teacher()
    await world.lessons.handle(host, Camera(on=False))
    await world.lessons.handle(host, Start())
    await world.lessons.handle(host, Mute(seat="teacher", muted=True))
    await world.lessons.drain()
    assert world.recorder.off == {("teacher", "video"), ("teacher", "audio")}
    await world.lessons.handle(host, Mute(seat="teacher", muted=False))
    await world.lessons.handle(host, Camera(on=True))
    await world.lessons.drain()
    assert world.recorder.off == set()
    # A recording that begins anew hears of what is off already.
    await world.lessons.handle(host, Mute(seat="teacher", muted=True))
    await world.lessons.handle(host, Record(on=False))
    await world.lessons.drain()
    world.recorder.off.clear()
    await world.lessons.handle(host, Record(on=True))
    await world.lessons.drain()
    assert world.recorder.off == {("teacher", "audio")}


async def test_the_verdict_is_told_after_the_end_and_kept(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    teacher, host = await world.teacher()
    await world.lessons.handle(host, Start())
    await world.lessons.drain()
    assert teacher.view.recording.verdict is None
    world.recorder.found = Verdict(lesson=world.id, ok=True, missing_s=0, flaws=[])
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert teacher.view.state == "ended"
    assert teacher.view.recording.verdict is not None and teacher.view.recording.verdict.words == "合格"
    await world.lessons.tick()
    verdict = (await world.lessons.view(world.id)).recording.verdict
    assert verdict is not None and verdict.ok


async def test_the_verdict_on_a_recording_that_was_stopped_outlives_a_restart(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    _, host = await world.teacher()
    await world.lessons.handle(host, Start())
    world.recorder.found = Verdict(lesson=world.id, ok=True, missing_s=0, flaws=[])
    await world.crash()
    assert (await world.lessons.view(world.id)).recording.verdict is None
    _, host = await world.teacher()
    await world.lessons.handle(host, Record(on=False))
    await world.crash()
    verdict = (await world.lessons.view(world.id)).recording.verdict
    assert verdict is not None and verdict.words == "合格"
    teacher, host = await world.teacher()
    assert teacher.view.recording.verdict is not None
    await world.lessons.handle(host, Record(on=True))
    await world.lessons.drain()
    assert teacher.view.recording.verdict is None


async def test_what_hindered_one_recording_is_not_said_of_the_next(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    teacher, host = await world.teacher()
    await world.lessons.handle(host, Start())
    world.lessons.recording_problem(world.id, "disk_full")
    await world.lessons.handle(host, Record(on=False))
    await world.lessons.handle(host, Record(on=True))
    await world.lessons.drain()
    assert teacher.view.recording.on and teacher.view.recording.problem is None


async def test_a_lesson_whose_last_heartbeat_is_refused_ends_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.schedule()
    teacher, host = await world.teacher()
    await world.publish("teacher")

    async def full(beats: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(world.store.journal, "beat", full)
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert teacher.view.state == "ended"
    assert world.hub.ended == [f"{world.id}/"]
    assert world.judged == [world.id]


async def test_heartbeats_wait_for_room_on_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.schedule()
    await world.teacher()
    await world.publish("teacher")

    async def full(beats: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(world.store.journal, "beat", full)
        for _ in range(3):
            with pytest.raises(OSError, match="disk full"):
                await world.second()
    await world.second()
    beats = await world.store.journal.heartbeats(world.id)
    assert [beat.at for beat in beats] == [world.clock.at() - timedelta(seconds=ago) for ago in (3, 2, 1, 0)]


async def test_one_lessons_fault_costs_the_others_no_heartbeat(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.schedule()
    broken, _ = world.id, await world.teacher()
    await world.schedule()
    await world.teacher(holder="h2")
    await world.publish("teacher")
    [live] = [live for name, live in world.lessons._live.items() if name == broken]

    def fault(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(live, "tick", fault)
    await world.second()
    assert len(await world.store.journal.heartbeats(world.id)) == 1


async def test_a_lesson_that_could_not_be_judged_is_judged_later(world: World) -> None:
    await world.schedule()
    _, host = await world.teacher()
    world.judge_fails = True
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert world.judged == []
    world.judge_fails = False
    await world.second(61)
    assert world.judged == [world.id] and await world.store.lessons.unsettled() == []


async def test_an_unplanned_lesson_ends_after_15_minutes_alone(world: World) -> None:
    await world.schedule(minutes=None)
    await world.teacher()
    await world.classroom(world.room)
    await world.publish("teacher")
    await world.publish(world.room)
    await world.second()
    await world.jump(14 * 60)
    assert (await world.lessons.view(world.id)).state == "open"
    world.hub.flowing = []
    await world.jump(15 * 60 - 1)
    assert (await world.lessons.view(world.id)).state == "open"
    await world.jump(1)
    [ended] = await world.happened(LessonEnded)
    assert (ended.by, ended.reason) == ("server", "alone")
    assert world.judged == [world.id]


async def test_an_unplanned_lesson_ends_at_240_minutes(world: World) -> None:
    await world.schedule(minutes=None)
    await world.teacher()
    await world.classroom(world.room)
    await world.publish("teacher")
    await world.publish(world.room)
    for _ in range(239):
        await world.jump(60)
    assert await world.happened(LessonEnded) == []
    await world.jump(60)
    [ended] = await world.happened(LessonEnded)
    assert ended.reason == "limit"


async def test_a_planned_lesson_ends_15_minutes_after_its_end_when_alone(world: World) -> None:
    await world.schedule(minutes=40)
    _, host = await world.teacher()
    await world.classroom(world.room)
    await world.publish(world.room)
    await world.second()
    world.lessons.detach(host)
    await world.second(20)
    await world.jump(40 * 60 + 15 * 60 - 22)
    assert await world.happened(LessonEnded) == []
    await world.jump(2)
    [ended] = await world.happened(LessonEnded)
    assert ended.reason == "alone"


async def test_a_planned_lesson_that_runs_over_ends_by_itself_when_the_page_has_said_so(world: World) -> None:
    await world.schedule(minutes=40)
    page, guest = await world.teacher()
    await world.classroom(world.room)
    await world.publish("teacher")
    await world.publish(world.room)
    assert page.view.closes_at == AT + timedelta(minutes=50)
    for _ in range(49):
        await world.jump(60)
    await world.lessons.handle(guest, Extend(minutes=5))
    assert page.view.closes_at == AT + timedelta(minutes=55)
    for _ in range(5):
        await world.jump(60)
    assert await world.happened(LessonEnded) == []
    await world.jump(60)
    [ended] = await world.happened(LessonEnded)
    assert (ended.by, ended.reason) == ("server", "time")


async def test_a_planned_lesson_that_everybody_has_left_ends_soon_after_its_end(world: World) -> None:
    await world.schedule(minutes=40)
    _, host = await world.teacher()
    world.lessons.detach(host)
    await world.second(20)
    await world.jump(39 * 60 + 39)
    assert await world.happened(LessonEnded) == []
    await world.jump(1)
    [ended] = await world.happened(LessonEnded)
    assert ended.reason == "alone"


async def test_a_lesson_nobody_opened_is_closed_in_the_end(world: World) -> None:
    await world.schedule(minutes=40)
    await world.jump(12 * 3600)
    assert (await world.lessons.view(world.id)).state == "scheduled"
    await world.second(1)
    world.clock.seconds += 3600
    await world.second(60)
    assert (await world.lessons.view(world.id)).state == "ended" and world.judged == [world.id]


async def test_a_lesson_goes_on_after_a_crash_with_seats_hands_stage_mutes_and_recording(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    _, host = await world.teacher()
    _, guest = await world.classroom(world.room, "d1")
    await world.classroom(world.other_room, "d2")
    await world.publish("teacher")
    await world.publish(world.room)
    await world.lessons.handle(host, Start())
    await world.lessons.handle(host, SetStage(seat=world.other_room))
    await world.lessons.handle(guest, RaiseHand())
    await world.second(3)
    last = world.clock.at()
    before = await world.lessons.view(world.id)

    await world.crash(silent_s=7)

    after = await world.lessons.view(world.id)
    assert after.state == "live" and after.stage == world.other_room and after.recording.on
    assert world.recorder.started == every_camera(world) * 2
    assert after.hands == before.hands and after.started_at == before.started_at
    assert [seat.present for seat in after.seats] == [True, True, True]
    assert {gone.last_at for gone in await world.happened(StreamGone)} == {last}

    teacher, _ = await world.teacher()
    await world.classroom(world.room, "d1")
    await world.publish("teacher", "new")
    assert world.recorder.started.count(("teacher", "camera")) == 3
    await world.second(16)
    [left] = await world.happened(SeatLeft)
    assert left.seat == world.other_room
    assert [seat.present for seat in teacher.view.seats] == [True, True, False]
    assert len(await world.happened(SeatTaken)) == 3
    assert await world.store.journal.broken_at(world.id) is None


async def test_a_seat_lost_in_a_crash_left_at_its_last_heartbeat(world: World) -> None:
    await world.schedule()
    await world.teacher()
    await world.classroom(world.room)
    await world.publish(world.room)
    await world.second(3)
    last = world.clock.at()
    await world.crash(silent_s=30)
    await world.second(16)
    assert {left.seat: left.last_at for left in await world.happened(SeatLeft)}[world.room] == last


async def test_a_lesson_that_was_not_judged_is_judged_at_the_next_start(world: World) -> None:
    await world.schedule()
    _, host = await world.teacher()
    world.judge_fails = True
    await world.lessons.handle(host, End())
    await world.lessons.drain()
    assert world.judged == []
    world.judge_fails = False
    await world.crash()
    assert world.judged == [world.id]


async def test_closing_tells_every_device_and_ends_nothing(world: World) -> None:
    await world.schedule()
    teacher, guest = await world.teacher()
    await world.lessons.close()
    await world.lessons.close()
    assert isinstance(teacher.told[-1], Closing)
    assert await world.happened(LessonEnded) == []
    with pytest.raises(LessonError, match="closing"):
        await world.lessons.handle(guest, Start())
    world.notice("flowing", "teacher")
    world.lessons.detach(guest)


async def test_events_written_by_another_process_are_taken_in(world: World) -> None:
    await world.schedule()
    _, host = await world.teacher()
    _, guest = await world.classroom(world.room)
    other = world.other()
    await other.command(world.id, partial(hands.raise_hand, by=world.room, seat=world.room))
    await other.close()
    await world.lessons.handle(host, Start())
    view = await world.lessons.view(world.id)
    assert view.state == "live" and [hand.seat for hand in view.hands] == [world.room]
    await world.lessons.handle(guest, RaiseHand())


async def test_what_the_journal_refuses_has_not_happened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.schedule()
    _, host = await world.teacher()
    room, guest = await world.classroom(world.room)
    told, seq = len(room.told), room.view.seq

    async def full(events: object, actors: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(world.store.journal, "append", full)
        with pytest.raises(OSError, match="disk full"):
            await world.lessons.handle(guest, RaiseHand())
    assert len(room.told) == told
    await world.lessons.handle(guest, RaiseHand())
    assert room.view.seq == seq + 1


async def test_many_commands_at_once_are_all_answered(world: World) -> None:
    await world.schedule()
    _, host = await world.teacher()
    _, guest = await world.classroom(world.room)
    headcounts = [ConfirmHeadcount(students=n, teachers=1) for n in range(200)]
    await asyncio.gather(*(world.lessons.handle(guest, message) for message in headcounts))
    assert [event.seq for event in await world.events()] == list(range(1, len(await world.events()) + 1))
    assert (await world.lessons.view(world.id)).seats[1].headcount.students == 199  # type: ignore[union-attr]


async def test_a_full_inbox_refuses_commands_and_loses_no_order(world: World) -> None:
    await world.schedule()
    _, guest = await world.teacher()
    take = partial(seats.take_seat, by="teacher", seat="teacher", device="t1")
    results = await asyncio.gather(*(world.lessons.command(world.id, take) for _ in range(600)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, LessonError)]
    assert 0 < len(refused) < 100 and {error.code for error in refused} == {"busy"}
    for _ in range(600):
        world.notice("flowing", "teacher")
    await world.lessons.drain()
    assert len(await world.happened(StreamFlowing)) == 1


async def test_a_scheduled_lesson_nobody_asks_for_leaves_the_memory(world: World) -> None:
    await world.schedule()
    _, guest = await world.classroom(world.room)
    await world.jump(120)
    assert [lesson.id for lesson in world.lessons.loaded()] == [world.id]
    world.lessons.detach(guest)
    await world.jump(120)
    assert world.lessons.loaded() == []
    await world.classroom(world.room)


async def test_recording_started_only_once_per_wish(world: World) -> None:
    await world.schedule(record=True, consent_by="王老师")
    _, host = await world.teacher()
    await world.lessons.handle(host, Start())
    await world.lessons.handle(host, Start())
    assert len(await world.happened(RecordingStarted)) == 1
