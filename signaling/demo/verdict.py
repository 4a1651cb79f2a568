"""What a demo lesson must have brought about, each check a sentence. Pure; decoding the files is `recordings.py`'s."""

import msgspec


class SeatResult(msgspec.Struct, frozen=True):
    """Decoded pictures of the teacher's camera at a classroom, of the first classroom's at the teacher."""

    seat: str
    pictures: int
    first_picture_ms: float | None


class Gap(msgspec.Struct, frozen=True):
    from_s: float
    to_s: float


class RecordingResult(msgspec.Struct, frozen=True):
    """A recorded file, as decoding it showed; the gaps as the recorder lists them."""

    file: str
    seconds: float
    gaps: list[Gap]


class ActivityResult(msgspec.Struct, frozen=True):
    """One activity (活动) of a pair."""

    pair: str
    state: str
    minutes: int
    participants: int


class MonthResult(msgspec.Struct, frozen=True):
    """What the month's return would say (工作月度)."""

    month: str
    count: int
    participants: int


class DemoResult(msgspec.Struct, frozen=True):
    """The last line of `demo --json`."""

    lesson: str
    seats: list[SeatResult]
    recordings: list[RecordingResult]
    activities: list[ActivityResult]
    month: MonthResult


class Observations(msgspec.Struct, frozen=True):
    """What was seen on the way and is not part of the result: whether the spoken-of classroom was seen by the other,
    its hand raised and its place on stage told by the server, and files that could not be decoded, with the reason."""

    hand_was_up: bool
    was_on_stage: bool
    stage_pictures: int
    together_s: float
    broken_files: dict[str, str]


def failed_checks(result: DemoResult, seen: Observations, *, classrooms: int, least_s: float) -> list[str]:
    """A sentence for each thing that did not happen; empty when all of it did. `least_s`: time together, recorded.

    The classrooms belong to one school: one pair, one activity.
    """
    failures = [f"Seat {s.seat} saw no picture." for s in result.seats if s.pictures <= 0 or s.first_picture_ms is None]
    if len(result.seats) != classrooms + 1:
        failures.append(f"{len(result.seats)} of {classrooms + 1} seats were taken.")
    if seen.together_s < least_s:
        failures.append(f"All were together for {seen.together_s:.0f} s only, not {least_s:.0f}.")
    if not seen.hand_was_up:
        failures.append("No hand was seen raised.")
    if not seen.was_on_stage:
        failures.append("No classroom came on stage.")
    elif seen.stage_pictures <= 0:
        failures.append("The other classroom saw no picture of the one on stage.")
    failures += _recording_failures(result, seen, classrooms=classrooms, least_s=least_s)
    if len(result.activities) != 1:
        failures.append(f"{len(result.activities)} activities came of it, not one.")
    failures += [f"The activity of pair {a.pair} is {a.state}." for a in result.activities if a.state != "counted"]
    failures += [f"Pair {a.pair} has no participants." for a in result.activities if a.participants <= 0]
    if result.month.count != 1:
        failures.append(f"The month {result.month.month} counts {result.month.count}, not one.")
    return failures


def _recording_failures(result: DemoResult, seen: Observations, *, classrooms: int, least_s: float) -> list[str]:
    failures = [f"The recording {file} does not play: {why}." for file, why in seen.broken_files.items()]
    # A camera that was opened anew has a second file: on a starved machine that happens.
    streams: dict[str, list[RecordingResult]] = {}
    for recording in result.recordings:
        streams.setdefault(recording.file.rsplit(".", 2)[0], []).append(recording)
    if len(streams) < classrooms + 1:
        failures.append(f"{len(streams)} streams were recorded, not {classrooms + 1}.")
    for files in streams.values():
        whole_s = sum(one.seconds - sum(gap.to_s - gap.from_s for gap in one.gaps) for one in files)
        names = ", ".join(one.file for one in files)
        if seen.broken_files.keys().isdisjoint(one.file for one in files) and whole_s < least_s - 5:
            failures.append(f"The recording {names} has {whole_s:.0f} s only.")
    return failures
