"""A run's state between two evaluations, as one file: picked up, it goes on to the same bits.

A safetensors file: the picture, the last one known to be finite and the optimiser's vectors as
tensors, everything else as JSON in its metadata. Written in blocks, so that vectors in scratch
files need no memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from impasto.engine.recipe import Recipe
from impasto.engine.storage import blocks
from impasto.errors import UsageError
from impasto.files import replacing

_FORM = "2"
_KINDS = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


@dataclass(frozen=True, eq=False)
class State:
    """Where a run is: after evaluation `iteration` of `level`, both from 1.

    `evaluations` were made at the levels before; `ended` says that the level is done. `watch` are
    plain values, `tensors` the level's best picture ("image") and what the stepper keeps; no fewer
    than `threads` were used.
    """

    level: int
    iteration: int
    evaluations: tuple[int, ...]
    ended: bool
    watch: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    threads: int | None = None


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run's recipe and state, and what whoever wrote it wanted to remember beside them."""

    recipe: Recipe
    state: State
    notes: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the name holds the old one or the new one.

    Raises OutputError when it cannot be written.
    """
    state = checkpoint.state
    plain = {name: value for name, value in _plain(state).items() if name != "tensors"}
    words = {
        "impasto checkpoint": _FORM,
        "recipe": checkpoint.recipe.as_json(),
        # The recipe keeps to itself where scratch files lie.
        "scratch": json.dumps(checkpoint.recipe.plan.scratch),
        "state": json.dumps(plain),
        "notes": json.dumps(dict(checkpoint.notes)),
    }
    with replacing(path) as stream:
        _write(stream, state.tensors, words)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote; raise UsageError for anything else."""
    try:
        # Tensors are mapped, not read: the file must stay while they are used.
        with safe_open(path, "pt") as file:
            words = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as fault:
        raise UsageError(f"there is no checkpoint {path}") from fault
    except (SafetensorError, OSError) as fault:
        raise UsageError(f"{path} is no checkpoint of impasto, or damaged: {fault}") from fault
    if words.get("impasto checkpoint") != _FORM:
        raise UsageError(f"{path} is no checkpoint that this version of impasto can go on from")
    plain = json.loads(words["state"])
    plain["evaluations"] = tuple(plain["evaluations"])
    recipe = Recipe.from_json(words["recipe"], str(path))
    plan = replace(recipe.plan, scratch=tuple(json.loads(words["scratch"])))
    return Checkpoint(
        replace(recipe, plan=plan),
        State(**plain, tensors=tensors),
        json.loads(words["notes"]),
    )


def _plain(state: State) -> dict[str, Any]:
    return {name: getattr(state, name) for name in state.__dataclass_fields__}


def _write(stream: IO[bytes], tensors: Mapping[str, Tensor], words: Mapping[str, str]) -> None:
    """Write tensors in the safetensors format (its README, "Format")."""
    header: dict[str, Any] = {"__metadata__": dict(words)}
    end = 0
    for name, tensor in tensors.items():
        first, end = end, end + tensor.numel() * tensor.dtype.itemsize
        header[name] = {
            "dtype": _KINDS[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [first, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    stream.write(len(text).to_bytes(8, "little") + text)
    for tensor in tensors.values():
        flat = tensor.detach().reshape(-1)
        for part in blocks(flat.numel()):
            stream.write(flat[part].cpu().numpy().tobytes())
