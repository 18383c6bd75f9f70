"""The order of a film's frames: every frame once a pass, and nothing before what it needs."""

import pytest

from impasto.film.course import CLOSING, FARTHEST, Mark, course_of, last_needs
from impasto.film.reel import Reel
from impasto.film.scenes import scenes_of
from impasto.pictures.picture import Picture
from impasto.reading.sources import as_picture


@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize("keyframes", [1, 4])
@pytest.mark.parametrize("loop", [False, True])
def test_every_frame_comes_after_all_that_it_is_held_to(passes: int, keyframes: int, loop: bool):
    scenes = [range(7), range(7, 8), range(8, 60)]
    course = course_of(scenes, passes=passes, keyframes=keyframes, loop=loop)
    there: set[Mark] = set()
    for piece in course:
        assert piece.needs <= there
        assert piece.mark not in there
        there.add(piece.mark)
    assert {mark.number for mark in there if mark.turn == passes} == set(range(60))
    needs = last_needs(course)
    assert all(course[place].mark != mark for mark, place in needs.items())


def test_a_frame_is_held_to_frames_of_its_own_scene_near_and_far():
    held = {
        p.mark.number: [m.number for m in p.held] for p in course_of([range(50), range(50, 60)])
    }
    assert held[0] == held[50] == []
    assert held[1] == [0]
    assert held[42] == [41, 40, 38, 32, 24, 16]
    assert held[52] == [51, 50]
    assert min(held[49]) >= 49 - FARTHEST


def test_passes_go_backward_and_forward_from_neighbour_to_neighbour():
    marks = [(p.mark, p.held) for p in course_of([range(3)], passes=3) if p.mark.turn > 1]
    assert [mark.number for mark, _ in marks] == [2, 1, 0, 0, 1, 2]
    assert [held for _, held in marks] == [
        *((), (Mark(2, 2),), (Mark(2, 1),)),
        *((), (Mark(3, 0),), (Mark(3, 1),)),
    ]


def test_a_loop_leads_to_its_first_frame_and_passes_go_round_it():
    course = course_of([range(40)], passes=2, loop=True)
    shares = {piece.mark.number: piece.share for piece in course if piece.first is not None}
    assert min(shares) == 40 - CLOSING
    assert list(shares.values()) == sorted(shares.values())
    assert 0.9 < shares[39] < 1
    assert next(p for p in course if p.mark == Mark(2, 39)).held == (Mark(1, 0),)
    # After a cut the last scene leads to the finished first frame.
    course = course_of([range(9), range(9, 20)], passes=2, loop=True)
    assert {piece.first for piece in course} == {None, Mark(2, 0)}


def test_keyframes_are_painted_and_the_rest_lies_between_them():
    course = course_of([range(10)], keyframes=4)
    painted = [piece.mark.number for piece in course if piece.between is None]
    assert painted == [0, 4, 8, 9]
    ways = {piece.mark.number: piece.between for piece in course if piece.between is not None}
    assert ways == {1: 0.25, 2: 0.5, 3: 0.75, 5: 0.25, 6: 0.5, 7: 0.75}


def test_scenes_end_where_the_next_begins():
    assert scenes_of([0, 3], 7) == [range(3), range(3, 7)]


def test_frames_are_read_in_any_order_and_backwards_in_few_goes():
    import numpy as np

    begun: list[int] = []

    def read(first: int):
        begun.append(first)
        for number in range(first, 200):
            yield as_picture(np.full((2, 2, 3), number / 255, np.float32))

    def shown(picture: Picture) -> int:
        return round(255 * float(picture.array[0, 0, 0]))

    reel = Reel(read)
    order = [3, 4, 4, 9, *range(199, 100, -1), 150, 151]
    assert [shown(reel.picture(number)) for number in order] == order
    assert len(begun) < 6
