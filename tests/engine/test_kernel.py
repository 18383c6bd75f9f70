"""Pictures painted in machine code: the same bytes, whoever computes and however many."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from impasto import Plan, Resources, Settings, paint
from impasto.engine.prepare import prepare
from impasto.native.library import Library, library
from impasto.planning import choose
from impasto.testing import TINY, TinyEncoder

SMALL = Settings(size=96, levels=2, iterations=(3, 3), tolerance=0)
native = pytest.mark.skipif(
    not isinstance(library(), Library), reason=f"no native library: {library()}"
)


def _bytes(photo: Path, painting: Path, plan: Plan) -> bytes:
    for step in paint(prepare(photo, painting, SMALL, plan=plan)):
        last = step
    return last.picture.array.tobytes()


@native
def test_threads_and_programs_beside_change_no_byte(
    photo: Path, painting: Path, request: pytest.FixtureRequest
):
    plan = prepare(photo, painting, SMALL, Resources(device="cpu", precision="float32")).plan
    assert plan.kernel == "native"
    found = {_bytes(photo, painting, replace(plan, threads=threads)) for threads in (1, 2, 3)}
    # From here on the painting alone: the network was built by as many threads.
    request.getfixturevalue("kept_network")
    spinning = [sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(spinning) as first, subprocess.Popen(spinning) as second:
        found |= {_bytes(photo, painting, replace(plan, threads=2)) for _ in range(5)}
        first.kill()
        second.kill()
    assert len(found) == 1


@native
def test_a_plan_says_what_computes_and_is_followed(photo: Path, painting: Path):
    """Painted by tensor operations, a picture is so near that an eye sees no difference."""
    plan = prepare(photo, painting, SMALL, Resources(device="cpu", precision="float32")).plan
    run = prepare(photo, painting, SMALL, plan=replace(plan, kernel="tensor"))
    first, other = next(paint(run)), next(paint(replace(run, plan=plan)))
    for name, loss in first.losses.items():
        assert float(other.losses[name]) == pytest.approx(float(loss), rel=1e-3)


def test_a_network_of_the_callers_own_is_tensor_operations(photo: Path, painting: Path):
    run = prepare(photo, painting, Settings(size=64, **TINY), encoder=TinyEncoder())
    assert run.plan.kernel == "tensor"


def test_a_plan_that_cannot_be_followed_is_said(
    photo: Path, painting: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    plan = replace(prepare(photo, painting, SMALL).plan, kernel="native")
    monkeypatch.setattr(choose, "is_native", lambda: False)
    with caplog.at_level(logging.INFO):
        run = prepare(photo, painting, SMALL, plan=plan)
    assert run.plan.kernel == "tensor"
    assert "bits may differ: the plan has a native kernel" in caplog.text


def test_a_plan_from_before_is_of_tensor_operations(photo: Path, painting: Path):
    content = msgspec.to_builtins(prepare(photo, painting, SMALL).plan)
    del content["kernel"]
    assert msgspec.convert(content, Plan).kernel == "tensor"
