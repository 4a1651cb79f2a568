"""The algebra of gaps, against single instants."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recorder.spans import Gap, joined, merged, without


def test_gaps_of_both_tracks_are_told_apart() -> None:
    assert merged([(1, 3), (8, 9)], [(2, 5)]) == [
        Gap(1, 2, "audio"),
        Gap(2, 3, "both"),
        Gap(3, 5, "video"),
        Gap(8, 9, "audio"),
    ]


def test_spans_that_nearly_touch_become_one() -> None:
    assert joined([(3, 4), (0, 1), (1.05, 2), (7, 7)], within_s=0.1) == [(0, 2), (3, 4)]


def test_what_is_cut_out_is_gone() -> None:
    assert without([(0, 10)], [(-1, 1), (3, 4), (9, 12), (20, 21)]) == [(1, 3), (4, 9)]


spans: Any = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple), max_size=6)


@given(spans, spans)
def test_merged_gaps_say_for_every_instant_what_is_missing(audio: list[Any], video: list[Any]) -> None:
    gaps = merged(audio, video)
    for instant in (n + 0.5 for n in range(30)):
        missing = {
            kind for kind, all_of in (("audio", audio), ("video", video)) if any(a < instant < b for a, b in all_of)
        }
        said = [gap.kind for gap in gaps if gap.from_s < instant < gap.to_s]
        assert said == ([] if not missing else ["both"] if len(missing) == 2 else list(missing))
