"""Memory that is cut out and comes back: never to two at once, and all of it."""

import gc

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.memory.arena import Arena, cutting_from, empty_map
from impasto.network.pooling import pool

SIZE = 1 << 12


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, SIZE // 2)), max_size=60))
def test_blocks_never_overlap_and_all_come_back(moves: list[tuple[bool, int]]):
    arena, held = Arena(SIZE), []
    for number, (takes, amount) in enumerate(moves, 1):
        if takes:
            block = arena.take(amount)
            if block is not None:
                block[:] = number % 251
                held.append((number % 251, block))
        elif held:
            del held[amount % len(held)]
        assert all((block == value).all() for value, block in held)
    held.clear()
    block = None
    assert arena.take(SIZE) is not None


def test_a_tensor_keeps_its_block_until_its_last_view_is_gone():
    arena = Arena(SIZE)
    with cutting_from(arena):
        features = empty_map((4, 8, 8), torch.zeros(1))
    corner = features[:, :, :2, :2]
    del features
    assert arena.take(SIZE) is None
    del corner
    gc.collect()
    assert arena.take(SIZE) is not None


def test_what_does_not_fit_comes_from_elsewhere():
    arena = Arena(1000)
    with cutting_from(arena):
        maps = [empty_map((4, 8, 8), torch.zeros(1)) for _ in range(2)]
    assert all(entry.is_contiguous(memory_format=torch.channels_last) for entry in maps)
    assert arena.take(960) is not None  # 4 * 8 * 8 * 4 bytes are more than it has


def test_outside_of_it_nothing_is_cut():
    arena = Arena(SIZE)
    with cutting_from(arena):
        pass
    features = empty_map((4, 8, 8), torch.zeros(1))
    assert arena.take(SIZE) is not None
    assert features.shape == (1, 4, 8, 8)


def test_pooling_in_an_arena_equals_torchs():
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((1, 4, 7, 10), generator=generator, dtype=torch.float64)
    found, expected = (image.clone().requires_grad_() for _ in range(2))
    with cutting_from(Arena(1 << 16)):
        pool(found, "average").square().sum().backward()
    torch.nn.functional.avg_pool2d(expected, 2, ceil_mode=True).square().sum().backward()
    torch.testing.assert_close(found.grad, expected.grad)


def test_blocks_are_aligned():
    arena = Arena(SIZE)
    blocks = [arena.take(size) for size in (1, 65, 640)]
    assert all(isinstance(block, np.ndarray) and block.ctypes.data % 64 == 0 for block in blocks)
