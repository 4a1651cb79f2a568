"""Chapters from looks: slides, lines that come one after the other, films, leafing, and very many slides."""

import numpy as np

from recorder.chapters import COLUMNS, MAX_CHAPTERS, MIN_LENGTH_S, ROWS, Look, chapters, difference, turned_at

EVERY_S = 10.0


def slide(number: int) -> np.ndarray:
    """White paper with a block of text of its own."""
    cells = np.full((ROWS, COLUMNS), 240, np.uint8)
    rng = np.random.default_rng(number)
    cells[4:8, 4:40] = 40
    for row in range(12, 30, 3):
        cells[row, 4 : 4 + int(rng.integers(10, 56))] = int(rng.integers(20, 120))
    cells[12:30, 30 + number % 7 : 50 + number % 7] = 90 + number * 37 % 100
    return cells


def looks(*cells: np.ndarray) -> list[Look]:
    return [Look(10.0 + EVERY_S * number, each) for number, each in enumerate(cells)]


def test_without_a_screen_there_are_no_chapters_and_one_slide_is_one() -> None:
    assert chapters([]) == []
    assert chapters(looks(slide(1))) == [0]
    assert chapters(looks(*[slide(1)] * 9)) == [0]


def test_each_slide_that_stays_begins_a_chapter() -> None:
    shown = [slide(1)] * 3 + [slide(2)] * 2 + [slide(3)] * 4
    assert chapters(looks(*shown)) == [0, 3, 5]


def test_noise_a_pointer_and_one_more_line_at_a_time_are_still_the_same_slide() -> None:
    rng = np.random.default_rng(5)
    shown = []
    growing = slide(1)
    for number in range(12):
        growing = growing.copy()
        growing[30 + number // 3, 4 : 4 + 15 * (number % 3 + 1)] = 60
        noisy = np.clip(growing.astype(int) + rng.integers(-9, 9, growing.shape), 0, 255).astype(np.uint8)
        noisy[number : number + 2, number : number + 2] = 0
        shown.append(noisy)
    assert difference(shown[0], shown[-1]) > 0.05
    assert chapters(looks(*shown)) == [0]


def test_a_film_is_one_stretch_and_the_slide_behind_it_a_chapter() -> None:
    rng = np.random.default_rng(6)
    film = [rng.integers(0, 255, (ROWS, COLUMNS)).astype(np.uint8) for _ in range(6)]
    shown = [slide(1)] * 3 + film + [slide(2)] * 3
    assert chapters(looks(*shown)) == [0, 9]


def test_the_last_look_need_not_stay_to_count() -> None:
    assert chapters(looks(slide(1), slide(1), slide(2))) == [0, 2]


def test_who_leafs_through_comes_to_rest_on_the_last() -> None:
    quick = [Look(i * 2.0, slide(i // 2)) for i in range(8)] + [Look(20.0 + i * 10, slide(9)) for i in range(3)]
    found = chapters(quick)
    assert found[-1] == 8
    times = [quick[index].at_s for index in found]
    assert all(later - sooner >= MIN_LENGTH_S for sooner, later in zip(times, times[1:], strict=False))


def test_there_are_never_more_than_a_list_can_show() -> None:
    shown = [slide(number // 2) for number in range(4 * MAX_CHAPTERS)]
    assert 0 < len(chapters(looks(*shown))) <= MAX_CHAPTERS


def test_the_turn_is_found_between_two_looks() -> None:
    between = [Look(10 + i * 0.2, slide(1) if i < 30 else slide(2)) for i in range(50)]
    assert turned_at(between, slide(1), slide(2)) == between[30].at_s
    assert turned_at([], slide(1), slide(2)) is None
