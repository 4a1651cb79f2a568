"""One voice per seat, over the connections that its microphone comes by."""

from datetime import UTC, datetime

from classroom.ledger.fairness import Spoken
from signaling.flows import SeatFlow
from signaling.voices import Voices

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
LATER = datetime(2019, 5, 14, 1, 5, tzinfo=UTC)


def flow(session: str, voice_s: float | None, source: str = "camera", receiver: str | None = None) -> SeatFlow:
    return SeatFlow("r1", source, receiver, session, "audio", 0.0, 1.0, voice_s)


def test_a_new_connection_goes_on_where_the_old_one_ended() -> None:
    voices = Voices({"r1": Spoken(seconds=60.0, last_at=AT)})
    assert voices.take([flow("x1", 2.0)], LATER) == {"r1": 2000}
    assert voices.take([flow("x1", 2.0)], LATER) == {"r1": 0}
    assert voices.take([flow("x1", 2.5), flow("x2", 1.0)], LATER) == {"r1": 1500}
    assert voices.take([flow("x2", 1.0)], LATER) == {"r1": 0}
    assert voices.spoken == {"r1": Spoken(seconds=63.5, last_at=LATER)}


def test_a_shared_screens_sound_and_what_others_hear_are_nobodys_voice() -> None:
    voices = Voices({})
    assert (
        voices.take([flow("x1", 5.0, source="screen"), flow("x2", 5.0, receiver="teacher"), flow("x3", None)], AT) == {}
    )
    assert voices.spoken == {}
