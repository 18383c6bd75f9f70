"""Flow, masks and moving against films of which every motion is known."""

from itertools import pairwise

import numpy as np
import pytest
from clips import pan, passing, photograph

from impasto.film.flow import difference, flow_between, warped
from impasto.film.holding import RIPE, Painted, Seen, held_by, start_of
from impasto.film.manner import Manner, brought_back, manner_of
from impasto.film.trust import is_cut, trust

PHOTO = photograph("pagoda.jpg", 200)


def _known(now, before):
    return trust(flow_between(now, before), flow_between(before, now), now, before)


def _seen(filmed, image, manner):
    return Seen(filmed, Painted(image, np.ones_like(image[..., 0])), manner)


@pytest.mark.parametrize("step", [0.5, 3.0])
def test_a_pan_is_found_to_a_part_of_a_pixel(step: float):
    before, now = pan(PHOTO, 2, 96, 128, step)
    back = flow_between(now, before)
    sure = _known(now, before) > 0.5
    assert sure.mean() > 0.85
    assert abs(float(np.median(back[sure][:, 0])) - step) < 0.1
    assert abs(float(np.median(back[sure][:, 1]))) < 0.05
    # Moved along, the last frame is this one; what came in at the border is not known.
    assert difference(now, warped(before, back))[sure].mean() < 0.02
    assert _known(now, before)[:, -2:].max() < 0.5 or step < 1


def test_what_stands_still_does_not_move_at_all():
    frames, masks = passing(PHOTO, 2, 32, 6)
    noise = np.random.default_rng(0).normal(0, 1 / 255, frames[1].shape).astype(np.float32)
    flow = flow_between(frames[1] + noise, frames[0])
    near = np.maximum(masks[0], masks[1])
    far = np.array(
        [
            [
                near[max(0, y - 16) : y + 17, max(0, x - 16) : x + 17].max() == 0
                for x in range(near.shape[1])
            ]
            for y in range(near.shape[0])
        ]
    )
    assert (flow[far] == 0).all()


def test_what_an_object_uncovers_is_not_known_and_its_edges_are_not_either():
    frames, masks = passing(PHOTO, 2, 32, 6)
    known = _known(frames[1], frames[0])
    uncovered = (masks[0] > 0) & (masks[1] == 0)
    assert known[uncovered].mean() < 0.2
    assert known[(masks[0] == 0) & (masks[1] == 0)].mean() > 0.85


def test_what_was_covered_a_moment_ago_is_known_from_before():
    frames, masks = passing(PHOTO, 6, 32, 20)
    plain = Manner(0.5, 0.2, 0.05)
    seen = {back: _seen(frames[4 - back], frames[4 - back], plain) for back in (1, 2, 4)}
    alone = held_by({1: seen[1]}, frames[4])
    all_ = held_by(seen, frames[4])
    uncovered = (masks[3] > 0) & (masks[4] == 0)
    assert alone.sure[uncovered].mean() < 0.3
    assert all_.sure[uncovered].mean() > 0.6
    assert np.array_equal(alone.nearest, all_.nearest)
    assert all_.sure.max() <= 1 + 1e-6
    # It is what is there now: the photograph.
    sure = uncovered & (all_.sure > 0.9)
    assert np.abs(all_.painted.image - frames[4])[sure].mean() < 0.1


def test_another_scene_is_a_cut_and_a_pan_is_none():
    other = photograph("coffee.jpg", 200)[:96, :128]
    frames = pan(PHOTO, 3, 96, 128, 6)
    assert not is_cut(_known(frames[1], frames[0]))
    assert not is_cut(_known(frames[2], frames[0]))
    assert is_cut(_known(other, frames[0]))
    assert is_cut(_known(frames[0], other))


def test_the_same_frames_have_the_same_flow_to_the_bit():
    before, now = pan(PHOTO, 2, 96, 128, 1.5)
    assert np.array_equal(flow_between(now, before), flow_between(now, before))


def test_painting_starts_from_what_is_held_and_from_the_film_where_nothing_is():
    before, now = pan(PHOTO, 2, 96, 128, 12)
    last = _seen(before, 1 - before, manner_of(1 - before))  # painted as its negative
    held = held_by({1: last}, now)
    start = start_of(held, last, now, 10.0, seed=1)
    image = start.image[0].permute(1, 2, 0).numpy()
    sure = held.sure > 0.9
    assert np.array_equal(image[sure], held.painted.image[sure])
    assert np.abs(image - (1 - now))[:, :100].mean() < 0.05
    # The colours of what came in are the painting's too: the negative's.
    assert np.abs(image[:, -8:].mean(1) - (1 - now)[:, -8:].mean(1)).mean() < 0.1
    assert start.anchor.weight == 10.0
    assert (start.anchor.mask[0, 0].numpy() == held.mask).all()


def test_a_scene_keeps_its_light_contrast_and_fine_detail():
    manner = manner_of(PHOTO)
    moved = PHOTO
    for number in range(40):
        half = np.full((*PHOTO.shape[:2], 2), 0.5 - number % 2, np.float32)  # there and back
        moved = brought_back(warped(moved, half) * np.float32(0.999), moved, manner)
    now = manner_of(moved)
    assert abs(now.mean / manner.mean - 1) < 0.01
    assert abs(now.deviation / manner.deviation - 1) < 0.03
    assert abs(now.fineness / manner.fineness - 1) < 0.1


def test_what_came_in_is_held_the_more_the_longer_it_was_painted():
    frames = pan(PHOTO, 5, 96, 128, 4)
    plain = manner_of(PHOTO)
    painted, new = Painted(frames[0], np.ones_like(frames[0][..., 0])), []
    for before, now in pairwise(frames):
        held = held_by({1: Seen(before, painted, plain)}, now)
        assert held.mask[:, 10:100].mean() > 0.8  # it was there from the first
        new.append(held.mask[:, 108:114].mean())
        painted = held.ripened(now, RIPE // 3)
    assert painted.ripe.max() == 1
    assert painted.ripe[:, -2:].mean() == pytest.approx(1 / 3, abs=0.1)
    assert new[3] < new[0]  # what lies there now came in on the way


def test_what_stands_still_is_not_made_finer():
    manner = manner_of(PHOTO)
    finer = Manner(manner.mean, manner.deviation, 2 * manner.fineness)
    assert np.abs(brought_back(PHOTO, PHOTO, finer) - PHOTO).max() < 1e-6
