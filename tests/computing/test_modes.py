"""Inside other programs: their modes change no picture, and ours are never seen by them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from conftest import paint_tiny, random_pixels

import impasto
from impasto import Resources, Settings
from impasto.computing import modes
from impasto.computing.modes import computing
from impasto.engine.prepare import prepare
from impasto.testing import TINY, TinyEncoder

ENCODER = TinyEncoder()
SHORT = Settings(size=64, levels=1, iterations=4, **TINY)
PHOTO, STYLE = random_pixels(72, 64, 1), random_pixels(48, 64, 2)


def _painted() -> torch.Tensor:
    """Paint with regions of every kind of code: start from noise, protection, two levels."""
    settings = Settings(
        size=72,
        levels=2,
        iterations=3,
        init="noise:0.3",
        style_loss="wasserstein",
        surface="photograph",
        colour="match",
        **TINY,
    )
    mask = random_pixels(72, 64, 3)[..., 0]
    run = prepare(PHOTO, STYLE, settings, Resources(threads=1), protect=mask)
    *_, last = paint_tiny(run, ENCODER)
    return torch.from_numpy(last.picture.array.copy())


def _default_dtype(dtype: torch.dtype):
    @contextmanager
    def mode():
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            yield
        finally:
            torch.set_default_dtype(before)

    return mode()


@contextmanager
def _fast_products():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


HOSTS = {
    "inference_mode": torch.inference_mode,
    "no_grad": torch.no_grad,
    "grad off": lambda: torch.set_grad_enabled(mode=False),
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "float64": lambda: _default_dtype(torch.float64),
    "float16": lambda: _default_dtype(torch.float16),
    "another device": lambda: torch.device("meta"),
    "fast products": _fast_products,
}


@pytest.fixture(scope="module")
def usual() -> torch.Tensor:
    return _painted()


@pytest.mark.parametrize("host", HOSTS)
def test_the_callers_modes_change_no_picture(host: str, usual: torch.Tensor):
    with HOSTS[host]():
        assert torch.equal(_painted(), usual)


def test_the_real_network_paints_within_inference_mode():
    options = {"size": 48, "levels": 1, "iterations": 2, "threads": 1}
    usual = impasto.stylize(PHOTO, STYLE, **options)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        image = torch.from_numpy(PHOTO).permute(2, 0, 1)[None] / 255
        painted = impasto.stylize(image.clone(), STYLE, **options)
    assert abs(painted.array - usual.array).max() < 1e-3


def _products() -> str:
    matmul = torch.backends.mkldnn.matmul if hasattr(torch.backends.mkldnn, "matmul") else None
    return matmul.fp32_precision if matmul else torch.get_float32_matmul_precision()


def _state() -> tuple:
    return (
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.backends.cuda.matmul.allow_tf32,
        torch.backends.cudnn.allow_tf32,
        torch.get_float32_matmul_precision(),
        torch.initial_seed(),
    )


def test_between_two_steps_everything_is_the_callers_own():
    run = prepare(PHOTO, STYLE, Settings(size=64, iterations=3, **TINY), Resources(threads=3))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16), _fast_products():
        before = _state()
        seen = []
        for step in paint_tiny(run):
            seen.append(_state())
            _ = step.picture, step.recipe
            seen.append(_state())
        assert set(seen) == {before}
        assert _state() == before


def test_two_runs_at_once_leave_each_thread_its_own():
    run = prepare(PHOTO, STYLE, Settings(size=64, levels=1, iterations=6, **TINY))
    found = {}

    def work(threads: int) -> None:
        assert torch.get_num_threads()  # which torch looks up once a thread
        torch.set_num_threads(threads)
        made = replace(run, plan=replace(run.plan, threads=threads + 1))
        seen = {torch.get_num_threads() for _ in paint_tiny(made)}
        found[threads] = seen | {torch.get_num_threads()}

    workers = [threading.Thread(target=work, args=(number,)) for number in (2, 4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == {2: {2}, 4: {4}}


def test_threads_to_come_begin_as_the_host_has_them():
    """Also after runs in threads of a pool, which meet torch while another run computes."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        for _ in range(3):
            with ThreadPoolExecutor(3) as pool:
                runs = [prepare(PHOTO, STYLE, SHORT, Resources(threads=n)) for n in (1, 2, 3)]
                list(pool.map(lambda run: list(paint_tiny(run, ENCODER)), runs))
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(torch.get_num_threads).result() == 4
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(
    not hasattr(torch.backends.cuda.matmul, "fp32_precision"), reason="before torch 2.9"
)
def test_the_most_exact_of_two_runs_is_obeyed():
    """A GPU's switches, which need none."""
    run = prepare(PHOTO, STYLE, SHORT, Resources(device="cpu"))
    exact = replace(run.plan, device="cuda:0")
    fast = replace(exact, precision="bfloat16")
    matmul = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    with modes._multiplying(fast):
        assert matmul.fp32_precision == "tf32"
        with modes._multiplying(exact):
            assert matmul.fp32_precision == "ieee"
            with modes._multiplying(fast):
                assert matmul.fp32_precision == "ieee"
        assert matmul.fp32_precision == "tf32"
    assert matmul.fp32_precision == before


def test_the_last_to_leave_puts_the_processs_switches_back():
    run = prepare(PHOTO, STYLE, Settings(size=64, **TINY))
    with _fast_products():
        first, second = computing(run.plan), computing(run.plan)
        first.__enter__()
        second.__enter__()
        assert _products() in ("ieee", "highest")
        first.__exit__(None, None, None)
        assert _products() in ("ieee", "highest")
        second.__exit__(None, None, None)
        assert torch.get_float32_matmul_precision() == "medium"


def test_a_result_is_measured_apart_as_well():
    picture = impasto.Picture(PHOTO.astype("float32") / 255)
    settings = Settings(levels=1)
    usual = impasto.measure(picture, PHOTO, STYLE, settings, Resources(threads=1))
    with torch.autocast("cpu", torch.bfloat16), _default_dtype(torch.float64):
        assert impasto.measure(picture, PHOTO, STYLE, settings, Resources(threads=1)) == usual


def test_modes_leave_a_broken_evaluation_as_they_found_it():
    before = _state()
    with pytest.raises(ZeroDivisionError), modes.apart():
        _ = 1 / 0
    assert _state() == before
