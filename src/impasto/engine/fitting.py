"""Whether a checkpoint's state is one of the run that goes on: asked before painting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from impasto.engine.checkpoint import State
from impasto.engine.run import Run
from impasto.errors import UsageError
from impasto.files import no_folder
from impasto.memory.storage import Storage
from impasto.optimizers import make_stepper


def check_fits(state: State, run: Run) -> None:
    """Make sure that a state is one of this run; raise UsageError, with the field, where not."""
    _check_place(state, run)
    for folder in run.plan.scratch[state.level - 1 :]:
        if folder is not None and (fault := no_folder(Path(folder))):
            raise UsageError(f"scratch: {fault[:200]}")
    level = run.levels[state.level - 1]
    _check_tensor("image", state.tensors, (1, 3, level.height, level.width))
    if not bool(state.tensors["image"].isfinite().all()):
        raise UsageError("image: the checkpoint's picture has numbers that are not finite")
    if state.watch is not None:
        _check_vectors(state.tensors, run, state.level)


def _check_place(state: State, run: Run) -> None:
    levels = len(run.levels)
    if state.level > levels:
        raise UsageError(f"level: the checkpoint is at {state.level} of the run's {levels}")
    most = run.levels[state.level - 1].iterations
    if state.iteration > (most if state.ended else most - 1):
        raise UsageError(f"iteration: the checkpoint is at {state.iteration} of the level's {most}")
    if state.ended and state.level == levels:
        raise UsageError("ended: the checkpoint's run has come to its end; paint it again")
    if len(state.evaluations) != state.level - 1:
        raise UsageError(f"evaluations: {len(state.evaluations)} before level {state.level}")


def _check_vectors(tensors: Mapping[str, Tensor], run: Run, number: int) -> None:
    history = run.plan.history[number - 1]
    expected = _expected(run, number)
    if lacking := sorted(expected.keys() - tensors.keys()):
        raise UsageError(f"{', '.join(lacking)}: the checkpoint has no such tensor")
    if "ring" in expected:
        _check_tensor("ring", tensors, (2,), floating=False)
        newest, filled = tensors["ring"].tolist()
        if not -1 <= newest < filled <= history:
            raise UsageError(f"ring: step {newest} of {filled} cannot be, with {history} kept")
        expected["pairs"] = expected["pairs"].new_zeros(2 * filled, len(expected["point"]))
    for name, wanted in expected.items():
        _check_tensor(name, tensors, tuple(wanted.shape), wanted.is_floating_point())
    if "steps" in expected and not 0 <= int(tensors["steps"]) <= 1_000_000:
        raise UsageError(f"steps: {int(tensors['steps'])} evaluations cannot be")


def _expected(run: Run, number: int) -> dict[str, Tensor]:
    """Return tensors of no numbers in the shapes of the run's stepper, as it makes them itself."""
    level, history = run.levels[number - 1], run.plan.history[number - 1]
    image = torch.zeros((1, 3, level.height, level.width), device="meta")
    stepper = make_stepper(image, run.settings, history, Storage("meta"))

    def flat(image: Tensor) -> dict[str, Tensor]:
        image.grad = torch.zeros_like(image)
        return {"": image.new_zeros(())}

    stepper.step(flat)
    return cast(dict[str, Tensor], stepper.state())  # nobody else has a part of it


def _check_tensor(
    name: str, tensors: Mapping[str, Tensor], shape: tuple[int, ...], floating: bool = True
) -> None:
    if name not in tensors:
        raise UsageError(f"{name}: the checkpoint has no such tensor")
    kept = tensors[name]
    if tuple(kept.shape) != shape:
        raise UsageError(f"{name}: the checkpoint's has shape {tuple(kept.shape)}, not {shape}")
    kinds = (torch.float32, torch.float64) if floating else (torch.int64,)
    if kept.dtype not in kinds:
        raise UsageError(f"{name}: the checkpoint's is of {kept.dtype}, not {kinds[0]}")
