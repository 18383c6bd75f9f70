"""Flow, masks and moving against films of which every motion is known."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from clips import pan, passing, photograph

from impasto.film import holding
from impasto.film.borrowing import borrowed
from impasto.film.camera import camera_motion
from impasto.film.flow import difference, flow_between, warped
from impasto.film.holding import RIPE, between, held_again, held_by, led_to, start_of
from impasto.film.manner import Manner, brought_back, manner_of
from impasto.film.seen import Painted, Seen
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
    plain = Manner(0.5, 0.2, 0.05, 0.5, 0.2)
    seen = [_seen(frames[4 - back], frames[4 - back], plain) for back in (1, 2, 4)]
    alone = held_by(seen[0], [], frames[4])
    all_ = held_by(seen[0], seen[1:], frames[4])
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
    last = _seen(before, 1 - before, manner_of(1 - before, 1 - before))  # painted as its negative
    held = held_by(last, [], now)
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
    manner = manner_of(PHOTO, PHOTO)
    moved = PHOTO
    for number in range(40):
        half = np.full((*PHOTO.shape[:2], 2), 0.5 - number % 2, np.float32)  # there and back
        moved = brought_back(warped(moved, half) * np.float32(0.999), moved, manner, PHOTO)
    now = manner_of(moved, moved)
    assert abs(now.mean / manner.mean - 1) < 0.01
    assert abs(now.deviation / manner.deviation - 1) < 0.03
    assert abs(now.fineness / manner.fineness - 1) < 0.1


def test_what_came_in_is_held_the_more_the_longer_it_was_painted():
    frames = pan(PHOTO, 5, 96, 128, 4)
    plain = manner_of(PHOTO, PHOTO)
    painted, new = Painted(frames[0], np.ones_like(frames[0][..., 0])), []
    for before, now in pairwise(frames):
        held = held_by(Seen(before, painted, plain), [], now)
        assert held.mask[:, 10:100].mean() > 0.8  # it was there from the first
        new.append(held.mask[:, 108:114].mean() / held.mask[:, 10:100].mean())
        painted = held.ripened(now, RIPE // 3)
    assert painted.ripe.max() < 2.4  # what moves is held four times as much at most
    assert painted.ripe[:, -2:].mean() == pytest.approx(1 / 3, abs=0.1)
    assert new[3] < new[0]  # what lies there now came in on the way


def test_what_stands_still_is_not_made_finer():
    manner = manner_of(PHOTO, PHOTO)
    finer = msgspec.structs.replace(manner, fineness=2 * manner.fineness)
    assert np.abs(brought_back(PHOTO, PHOTO, finer, PHOTO) - PHOTO).max() < 1e-6


def test_another_pass_blends_with_the_neighbour_and_more_with_what_was_painted_longer():
    before, now = pan(PHOTO, 2, 96, 128, 2)
    plain = manner_of(PHOTO, PHOTO)
    own = Seen(now, Painted(now + np.float32(0.1), np.full(now.shape[:2], 0.5, np.float32)), plain)
    beside = _seen(before, before, plain)
    held = held_again(own, beside, now)
    sure = held.nearest > 0.99
    share = (held.painted.image - now)[sure].mean() / 0.1
    assert share == pytest.approx(1 / 3, abs=0.05)  # half as ripe counts half as much
    assert held.painted.ripe[sure].mean() == pytest.approx(5 / 6, abs=0.02)
    unknown = held.nearest == 0
    assert unknown.any()
    assert np.array_equal(held.painted.image[unknown], own.painted.image[unknown])


def test_the_end_of_a_loop_is_led_to_its_beginning_by_a_share():
    first, last = pan(PHOTO, 2, 96, 128, 2)
    plain = manner_of(PHOTO, PHOTO)
    held = held_by(_seen(last, last, plain), [], last)
    led = [led_to(held, _seen(first, 1 - first, plain), last, share) for share in (0.25, 0.75)]
    sure = led[0].sure > 0.9
    near, far = (np.abs(one.painted.image - last)[sure].mean() for one in led)
    assert near == pytest.approx(far / 3, rel=0.1)
    assert np.abs(led[1].painted.image - (1 - last))[sure].mean() < 0.75 * far


def test_what_lies_between_keyframes_is_where_it_was_filmed():
    frames, masks = passing(PHOTO, 5, 32, 6)
    plain = manner_of(PHOTO, PHOTO)
    left, right = (_seen(frames[n], 1 - frames[n], plain) for n in (0, 4))
    blend = between(left, right, 0.5, frames[2], seed=2)
    apart = np.abs(blend - (1 - frames[2])).mean(2)
    moving = np.maximum.reduce(masks) > 0
    assert apart[~moving].mean() < 0.01
    # The square was seen in both; what it covers in one alone comes from the other.
    assert apart[masks[2] > 0].mean() < 0.1
    assert apart[(masks[0] > 0) & (masks[2] == 0)].mean() < 0.1


@pytest.mark.parametrize("step", [0.0, 0.5, 3.0])
def test_a_sky_of_nothing_but_noise_moves_with_the_camera(step: float):
    rng = np.random.default_rng(0)
    before, now = (
        one + rng.normal(0, 1 / 255, one.shape).astype(np.float32)
        for one in pan(PHOTO, 2, 96, 128, step)
    )
    sky = flow_between(now, before)[:20, 4:112]
    assert np.abs(sky[..., 0] - step).max() < 0.1
    assert np.abs(sky[..., 1]).max() < 0.1


def test_where_the_camera_goes_is_told_from_what_goes_elsewhere():
    light = np.random.default_rng(1).integers(0, 256, (60, 80), dtype=np.uint8)
    rows, columns = np.mgrid[:60, :80].astype(np.float32)
    zoom = np.stack([0.02 * (columns - 40), 0.02 * (rows - 30) + 1], 2)
    flow = zoom.copy()
    flow[:30, :30] = 9  # something that passes
    found = camera_motion(flow, light)
    assert np.abs(found - zoom).max() < 0.02
    assert (camera_motion(np.full_like(zoom, 0.05), light) == 0).all()
    lost = np.random.default_rng(2).normal(0, 5, zoom.shape).astype(np.float32)
    assert camera_motion(lost, light) is None


def test_what_stands_still_is_held_the_more_the_longer_it_has():
    plain = manner_of(PHOTO, PHOTO)
    painted, masks = Painted(PHOTO, np.ones_like(PHOTO[..., 0])), []
    for _ in range(7):
        held = held_by(Seen(PHOTO, painted, plain), [], PHOTO)
        masks.append(held.mask[8:-8, 8:-8].mean())
        painted = held.ripened(PHOTO, RIPE // 2)
    assert masks[0] == pytest.approx(1)
    assert masks[1] > 1.5
    assert masks[-1] == masks[-2] == pytest.approx(9)


def test_of_large_frames_only_those_are_moved_that_know_more(monkeypatch: pytest.MonkeyPatch):
    large = photograph("pagoda.jpg", 420)
    frames, masks = passing(large, 6, 40, 16)
    plain, sizes = Manner(0.5, 0.2, 0.05, 0.5, 0.2), []

    def counted(one, other):
        sizes.append(one.shape[1])
        return flow_between(one, other)

    monkeypatch.setattr(holding, "flow_between", counted)
    near, same, before = (_seen(frames[n], frames[n], plain) for n in (3, 3, 0))
    held = held_by(near, [same, before], frames[4])
    assert sizes == [420, 420, 256, 256, 256, 256, 420, 420]
    assert held.sure[(masks[3] > 0) & (masks[4] == 0)].mean() > 0.6


def test_a_painting_may_grow_lighter_as_far_as_the_film_does():
    manner = manner_of(PHOTO, PHOTO)
    lighter = (PHOTO + np.float32(0.1)).clip(0, 1)
    half = (PHOTO + lighter) / 2
    means = [
        float(brought_back(painted, painted, manner, filmed).mean() - painted.mean())
        for painted, filmed in ((half, lighter), (half, PHOTO), (PHOTO, lighter), (lighter, half))
    ]
    assert means == pytest.approx([0, -0.001, 0, -0.001], abs=2e-4)


def test_what_comes_in_is_begun_by_how_the_like_of_it_was_painted():
    known = np.ones(PHOTO.shape[:2], np.float32)
    known[:, -40:] = 0
    painted = 1 - PHOTO
    painted[:, -40:] = 0.5  # nobody knows
    lent, apart = borrowed(painted, PHOTO, known)
    wanted = (1 - PHOTO)[:, -40:]
    assert np.abs(lent[:, -40:] - wanted).mean() < 0.6 * np.abs(0.5 - wanted).mean()
    assert apart[:40, -40:].mean() < 0.1  # there is more of the sky
    strange = PHOTO.copy()
    strange[:, -40:] = (1, 0, 1)
    assert borrowed(painted, strange, known)[1][40:, -30:].mean() > 0.3
    assert np.array_equal(borrowed(painted, PHOTO, known)[0], lent)
