import logging
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import paint_tiny, random_pixels

import impasto
from impasto import DeviceError, OutputError, Plan, Resources, Settings, UsageError
from impasto.engine.iterate import iterate, paint
from impasto.engine.prepare import prepare
from impasto.engine.recipe import Recipe
from impasto.engine.trial import gradient_error, seconds_per_pixel
from impasto.memory import free as memory
from impasto.memory import groups
from impasto.memory.free import free_bytes
from impasto.planning import choose
from impasto.planning import machine as hardware
from impasto.planning.choose import make_plan
from impasto.planning.costs import Forecast, costs_of
from impasto.planning.levels import Level, make_levels
from impasto.testing import TINY
from impasto.tiles.tiling import Tiling

PHOTO, STYLE = random_pixels(96, 128, 1), random_pixels(80, 90, 2)
GB = 1_000_000_000


@pytest.fixture(autouse=True)
def _held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no budget depend on what other tests have left in this process."""
    monkeypatch.setattr("impasto.planning.costs.held_bytes", lambda device: 400_000_000)


def _plan(side: int, budget: int, **values) -> Plan:
    settings = Settings(size=side, levels=1, **values)
    levels = make_levels((side * 3 // 4, side), [((768, 1024), 1.0)], settings)
    return make_plan(levels, settings, Resources(memory=budget, device="cpu"))


def test_a_small_picture_is_computed_whole_and_in_memory():
    plan = _plan(512, 4 * GB)
    assert plan.tiles == plan.scratch == (None,)
    assert plan.history == (20,)


def test_a_smaller_budget_means_smaller_tiles_then_scratch():
    plans = [_plan(4096, memory * GB) for memory in (60, 14, 4)]
    assert plans[0].tiles == (None,)
    sides = [plan.tiles[0] or 4096 for plan in plans]
    assert sides[0] > sides[1] > sides[2]
    assert plans[0].scratch == plans[1].scratch == (None,)
    assert plans[2].scratch[0] is not None


def test_a_plan_stays_within_its_budget():
    for budget in (3, 5, 9, 20):
        settings = Settings(size=4096, levels=1)
        levels = make_levels((3072, 4096), [((768, 1024), 1.0)], settings)
        plan = make_plan(levels, settings, Resources(memory=budget * GB, device="cpu"))
        (expected,) = costs_of(settings, plan.precision, plan.kernel).forecast(levels, plan)
        assert expected.memory < budget * GB


def test_a_huge_picture_is_sized_up_without_making_every_tile(monkeypatch):
    def enumerated(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Tiling, "tiles", enumerated)
    with pytest.raises(DeviceError, match="100000 x 75000 px needs"):
        _plan(100_000, 10 * GB)


def test_history_shrinks_by_size_alone():
    assert _plan(4096, 60 * GB).history == (20,)
    assert _plan(8192, 200 * GB).history == (5,)
    assert _plan(8192, 200 * GB, history=7).history == (7,)


def test_too_small_a_budget_is_refused_with_numbers():
    with pytest.raises(DeviceError, match=r"needs \d+\.\d\d GB in tiles of 128 px"):
        _plan(8192, GB)


def test_the_level_that_needs_most_is_the_one_refused():
    settings = Settings(size=8192)
    levels = make_levels((6144, 8192), [((768, 1024), 1.0)], settings)
    with pytest.raises(DeviceError, match=r"8192 x 6144 px needs .* 0\.00 GB are left"):
        make_plan(levels, settings, Resources(memory="100MB", device="cpu"))


def test_the_floor_is_less_than_what_any_plan_needs():
    settings = Settings(size=2048, levels=1)
    (level,) = make_levels((1536, 2048), [((768, 1024), 1.0)], settings)
    costs = costs_of(settings, "float32", "tensor")
    least = costs.needs(level, 256)
    assert costs.floor(level) <= least.pictures + least.tile


def test_half_precision_needs_half_the_tile():
    settings = Settings(size=2048, levels=1)
    (level,) = make_levels((1536, 2048), [((768, 1024), 1.0)], settings)
    sizes = [
        costs_of(settings, name, "tensor").needs(level, None) for name in ("float32", "bfloat16")
    ]
    whole, half = (need.tile for need in sizes)
    assert half < 0.6 * whole


def test_an_explicit_tile_is_taken_as_it_is():
    settings, resources = Settings(size=512), Resources(tile=128)
    levels = make_levels((384, 512), [((768, 1024), 1.0)], settings)
    assert make_plan(levels, settings, resources).tiles == (128,) * len(levels)


@pytest.mark.parametrize("tile", [100, 32, "wide"])
def test_a_tile_off_the_grid_is_refused(tile: object):
    with pytest.raises(UsageError, match="tile cannot be"):
        Resources(tile=tile)


@pytest.mark.parametrize(
    ("text", "count"),
    [("4GB", 4 * GB), ("512 MiB", 512 << 20), ("1.5g", 3 * GB // 2), (GB, GB), ("200m", GB // 5)],
)
def test_memory_is_read_with_units(text: object, count: int):
    assert Resources(memory=text).memory == count


@pytest.mark.parametrize("text", ["much", "4XB", "", "-1GB", "10MB"])
def test_unreadable_memory_is_refused(text: str):
    with pytest.raises(UsageError, match="memory cannot be"):
        Resources(memory=text)


def test_a_missing_scratch_folder_is_refused():
    with pytest.raises(UsageError, match="scratch: the folder /nowhere does not exist"):
        prepare(PHOTO, STYLE, Settings(), Resources(scratch="/nowhere"))


def test_a_run_by_a_given_plan_repeats_the_bytes():
    settings = Settings(size=96, iterations=3, **TINY)
    run = prepare(PHOTO, STYLE, settings, Resources(tile=64, threads=1))
    *_, last = paint_tiny(run)
    stored = Recipe.from_json(last.recipe.as_json(), "x").plan
    again = prepare(PHOTO, STYLE, settings, plan=stored)
    assert again.plan == run.plan
    *_, repeated = paint_tiny(again)
    assert torch.equal(last.image, repeated.image)


def test_a_plan_of_another_run_is_refused():
    plan = make_plan(
        make_levels((96, 96), [((96, 96), 1.0)], Settings(levels=1)), Settings(), Resources()
    )
    with pytest.raises(UsageError, match="plan is for 1 levels"):
        iterate(PHOTO, STYLE, Settings(size=128, levels=2), plan=plan)
    with pytest.raises(UsageError, match="2 of tiles, 1 of history"):
        replace(plan, tiles=(None, None))


def test_free_memory_is_never_more_than_the_machines(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("impasto.memory.groups.free_memory", lambda: [456])
    assert free_bytes(torch.device("cpu")) == 456
    monkeypatch.setattr("impasto.memory.free.free_addresses", lambda: [123])
    assert free_bytes(torch.device("cpu")) == 123


def test_the_limits_of_a_group_and_of_those_above_it_count(tmp_path: Path):
    """Version 2 lists one path, version 1 one for each controller."""
    inner, other = tmp_path / "outer" / "inner", tmp_path / "memory" / "own"
    for folder in (inner, other):
        folder.mkdir(parents=True)
    listing = tmp_path / "listing"
    listing.write_text("4:cpuset,memory:/own\n3:pids:/elsewhere\n0::/outer/inner\n")
    assert groups.free_memory(tmp_path, listing) == []
    (inner / "memory.max").write_text("max\n")
    (inner / "memory.current").write_text("5\n")
    (inner.parent / "memory.max").write_text("100\n")
    (inner.parent / "memory.current").write_text("30\n")
    (other / "memory.limit_in_bytes").write_text("50\n")
    (other / "memory.usage_in_bytes").write_text("10\n")
    assert sorted(groups.free_memory(tmp_path, listing)) == [40, 70]
    (inner.parent / "memory.stat").write_text("anon 3\ninactive_file 9\nactive_file 8\n")
    (other / "memory.stat").write_text("inactive_file 1\ntotal_inactive_file 2\n")
    assert sorted(groups.free_memory(tmp_path, listing)) == [42, 79]
    assert groups.free_memory(tmp_path, tmp_path / "none") == []


def test_no_temporary_folder_is_needed_where_nothing_spills(monkeypatch: pytest.MonkeyPatch):
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    levels, settings = make_levels((96, 128), [((64, 64), 1.0)], Settings(size=128)), Settings()
    assert set(make_plan(levels, settings, Resources()).scratch) == {None}
    big = [replace(levels[-1], height=12_000, width=16_000)]
    with pytest.raises(OutputError, match="give --scratch a folder, or more --memory"):
        make_plan(big, settings, Resources(memory="28GB"))


def test_memory_that_runs_out_anywhere_is_said_to(monkeypatch: pytest.MonkeyPatch):
    for fault in (
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 5 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 5 bytes"),
    ):
        with pytest.raises(DeviceError, match="memory ran out"), memory.memory_may_run_out():
            raise fault
    with pytest.raises(RuntimeError, match="shapes differ"), memory.memory_may_run_out():
        raise RuntimeError("shapes differ")


def test_weights_for_which_there_is_no_memory_are_not_called_damaged(monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    run = prepare(PHOTO, STYLE, Settings(size=64, levels=1))
    monkeypatch.setattr("impasto.network.weights.safe_open", full)
    with pytest.raises(DeviceError, match="memory ran out"):
        next(paint(run))


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_limits_of_addresses_and_of_data_count(monkeypatch: pytest.MonkeyPatch):
    import resource

    limits = {resource.RLIMIT_AS: 1 << 50, resource.RLIMIT_DATA: resource.RLIM_INFINITY}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limits[kind], -1))
    (room,) = memory.free_addresses()
    assert 0 < room < 1 << 50
    limits[resource.RLIMIT_DATA] = 1 << 40
    assert min(memory.free_addresses()) < 1 << 40


def test_threads_fit_into_the_addresses_that_are_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(hardware, "allowed_processors", lambda: set(range(32)))
    monkeypatch.setattr(hardware, "free_addresses", lambda: [1_100_000_000])
    assert hardware.available_threads() <= 4
    monkeypatch.setattr(hardware, "free_addresses", lambda: [5])
    assert hardware.available_threads() == 1


def test_a_plan_of_far_more_threads_than_there_are_goes_on_with_those(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(choose, "available_threads", lambda: 2)
    settings = Settings(size=64, levels=1, **TINY)
    plan = prepare(PHOTO, STYLE, settings, Resources(threads=2)).plan
    logging.getLogger("impasto").propagate = True
    with caplog.at_level(logging.INFO, "impasto"):
        for count, used in ((4, 4), (16, 16), (17, 2), (1024, 2)):
            asked = replace(plan, threads=count)
            assert prepare(PHOTO, STYLE, settings, plan=asked).plan.threads == used
    assert caplog.text.count("bits may differ: the plan has") == 2
    monkeypatch.setattr(choose, "available_threads", lambda: 64)
    asked = replace(plan, threads=48)
    assert prepare(PHOTO, STYLE, settings, plan=asked).plan.threads == 48


@pytest.mark.parametrize("compute", [seconds_per_pixel, lambda _, plan: gradient_error(plan)])
def test_memory_that_runs_out_in_a_trial_is_said_to(compute, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes")

    monkeypatch.setattr("impasto.objective.single.build", full)
    plan = prepare(PHOTO, STYLE, Settings(size=64, levels=1)).plan
    with pytest.raises(DeviceError, match="memory ran out"):
        compute(Settings(), plan)


def test_the_least_memory_that_would_do_is_named():
    with pytest.raises(DeviceError, match=r"give more --memory, (\d+\.\d\d) GB or more") as caught:
        _plan(1024, 100_000_000)
    least = float(re.search(r"(\d+\.\d\d) GB or more", str(caught.value))[1])
    _plan(1024, int(1.05 * least * GB))


def test_a_plan_read_where_there_is_no_temporary_folder_is_placed_when_it_runs(monkeypatch):
    settings = Settings(size=64, levels=1, iterations=1, **TINY)
    *_, step = paint_tiny(prepare(PHOTO, STYLE, settings))
    spilled = replace(step.recipe, plan=replace(step.plan, scratch=("/anywhere",)))
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/the/systems")
    plan = Recipe.from_json(spilled.as_json(), "this").plan
    assert plan.scratch == ("auto",)
    assert prepare(PHOTO, STYLE, settings, plan=plan).plan.scratch == ("/the/systems",)


def test_plan_is_public():
    assert impasto.Plan is Plan


# Within so many bytes more than the program has when it starts, whatever else it is told.
_BOUNDED = """
import resource, sys, psutil, impasto.engine.iterate
from impasto.cli import main
limit = psutil.Process().memory_info().vms + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its limit")
@pytest.mark.parametrize(("room", "told"), [(60_000_000, []), (300_000_000, ["--memory", "8GB"])])
def test_a_limit_of_addresses_is_no_bug(
    room: int, told: list[str], photo: Path, painting: Path, tmp_path: Path
):
    words = ["paint", photo, painting, "-o", tmp_path / "out.png", "--size", "512", "--levels", "1"]
    program = [sys.executable, "-c", _BOUNDED, room, *words, "--iterations", "2", *told, "--quiet"]
    words = [str(word) for word in program]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 6, done.stderr
    assert "impasto: " in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_joined_layers_and_style_cells_are_counted():
    level = Level(512, 512, ((512, 512),), 1, 1.0)
    least, joined, shown = (
        costs_of(Settings(style_loss=loss), "float32", "native").needs(level, None).tile
        for loss in ("covariance", "cross", "nearest")
    )
    # Joined, relu1_1 to relu5_1 are 88 floats a pixel, with 16 px of margin around the picture,
    # and their gradients as many.
    assert joined - least == pytest.approx(2 * 88 * 4 * 544**2, rel=1e-3)
    # Four cells for each of the 64, 128, 256, 512 and 512 filters.
    assert shown - least == 4 * 4 * (64**2 + 128**2 + 256**2 + 2 * 512**2)


def _shared(processes: int, side: int = 4096, **values) -> tuple[Plan, Forecast]:
    settings = Settings(size=side, levels=1)
    levels = make_levels((side * 3 // 4, side), [((768, 1024), 1.0)], settings)
    resources = Resources(device="cpu", precision="float32", processes=processes, **values)
    plan = make_plan(levels, settings, resources)
    costs = costs_of(settings, plan.precision, plan.kernel, processes=processes)
    return plan, costs.forecast(levels, plan)[0]


def test_several_processes_take_less_memory_and_time_each():
    (_, one), (plan, four) = (_shared(count, memory=60 * GB, tile=1024) for count in (1, 4))
    assert plan.processes == 4
    pixels = 4096 * 3072
    vectors = 3 + 2 * plan.history[0]
    # What is each's own, and the tile that was smaller before.
    assert one.memory - four.memory >= vectors * 12 * pixels * 3 // 4
    assert four.pixels < one.pixels / 3
    assert four.tiles % 4 == 0


def test_processes_share_the_memory_and_the_threads_of_one_machine(monkeypatch):
    monkeypatch.setattr(choose, "free_bytes", lambda device: 40 * GB)
    monkeypatch.setattr(hardware, "allowed_processors", lambda: set(range(16)))
    monkeypatch.setattr(hardware.groups, "processors", list)
    monkeypatch.setattr(hardware.groups, "free_processes", list)
    monkeypatch.setattr(hardware, "free_addresses", list)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    plan, expected = _shared(4)
    assert plan.threads == 4
    assert expected.memory < 10 * GB
    assert _shared(1)[0].threads == 16


def test_a_plan_for_several_processes_is_followed_by_one_with_a_note(caplog):
    logging.getLogger("impasto").propagate = True
    plan, _ = _shared(4, memory=60 * GB)
    with caplog.at_level(logging.INFO, "impasto"):
        assert choose.followed_here(plan, Resources(device="cpu")).processes == 1
    assert "the plan is for 4 process(es)" in caplog.text


def test_what_does_not_fit_into_each_process_is_refused():
    with pytest.raises(DeviceError, match="px needs"):
        _shared(64, 50_000, memory=4 * GB)
