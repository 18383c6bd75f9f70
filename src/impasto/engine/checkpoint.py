"""A run's state between two evaluations, as one file: picked up, it goes on to the same bits.

A safetensors file: the level's best picture and the optimizer's vectors as tensors, everything
else as JSON in its metadata. Written in blocks, so that vectors in scratch files need no memory.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Annotated, Any

import torch
from msgspec import Meta, Struct
from safetensors import safe_open
from torch import Tensor

from impasto.engine.recipe import Recipe
from impasto.engine.watch import Watched
from impasto.errors import UsageError
from impasto.files import keeps_what_is_open, replacing
from impasto.memory.storage import blocks
from impasto.planning.plan import Evaluations, Threads
from impasto.schema import fitted, parsed
from impasto.sharing.shard import Kept, Shard

_FORM = "2"
_KINDS = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


@dataclass(frozen=True, eq=False)
class State:
    """Where a run is: after evaluation `iteration` of `level`, both from 1.

    `evaluations` were made at the levels before; `ended` says that the level is done. `watch` are
    plain values, `tensors` the level's best picture ("image") and what the stepper keeps; no fewer
    than `threads` were used, and more may be given up if `may_yield`. Without a `watch` it is
    light: the picture alone, from which a run goes on without any memory. Of what several processes
    hold together it has a Shard in a tensor's place, whose pieces are written.
    """

    level: Annotated[int, Meta(ge=1)]
    iteration: Evaluations
    evaluations: tuple[Evaluations, ...]
    ended: bool
    watch: Watched | None
    tensors: Mapping[str, Tensor]
    threads: Threads | None = None
    may_yield: bool = False


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run's recipe and state, and what whoever wrote it wanted to remember beside them."""

    recipe: Recipe
    state: State
    notes: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint, *, fresh: bool = False) -> None:
    """Write a checkpoint; the name holds the old one or the new one.

    Raises OutputError when it cannot be written, or would be `fresh` and replace another.
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
    with replacing(path, fresh=fresh) as stream:
        _write(stream, state.tensors, words)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote; raise UsageError, with the reason, for anything else.

    Whether it is a state of the run that goes on is for `check_fits` to say.
    """
    words, tensors = _opened(path)
    if words.get("impasto checkpoint") != _FORM:
        raise UsageError(
            f"{path} is no checkpoint that this version of impasto can go on from: its form is "
            f"{words.get('impasto checkpoint', 'none')[:20]!r}, this version's {_FORM!r}"
        )
    recipe = Recipe.from_json(words.get("recipe", ""), str(path))
    try:
        kept = fitted({name: _part(words, name) for name in _Parts.__struct_fields__}, _Parts)
        state = fitted({**kept.state, "tensors": tensors}, State)
        plan = replace(recipe.plan, scratch=kept.scratch)
        _check_rows(state, recipe)
    except UsageError as fault:
        raise UsageError(f"{path} is no checkpoint to go on from: {fault}") from fault
    return Checkpoint(replace(recipe, plan=plan), state, kept.notes)


class _Parts(Struct):
    """What stands beside a recipe and tensors."""

    scratch: tuple[str | None, ...]
    state: dict[str, Any]
    notes: dict[str, Any]


def _opened(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not os.path.exists(path):
        raise UsageError(f"there is no checkpoint {path}")
    if not path.is_file():
        raise UsageError(f"{path} is no checkpoint of impasto: it is not a regular file")
    try:
        with _nameable(path) as name, safe_open(name, "pt") as file:
            words = file.metadata() or {}
            return words, {name: _kept(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except Exception as fault:  # what a header may say has no limits
        reason = str(fault).split("\n", 1)[0][:200]
        raise UsageError(f"{path} is no checkpoint of impasto, or damaged: {reason}") from fault


def _kept(tensor: Tensor) -> Tensor:
    """Return what stays when the run replaces the file, from which a tensor is mapped."""
    # Elsewhere what is mapped outlives its name, and needs no memory until it is read.
    return tensor.clone() if keeps_what_is_open() else tensor


@contextlib.contextmanager
def _nameable(path: Path) -> Iterator[str]:
    """Give a name in UTF-8, as safetensors wants it, to a file that has another."""
    try:
        yield str(path).encode().decode()
    except UnicodeEncodeError:
        with path.open("rb") as stream:
            yield f"/dev/fd/{stream.fileno()}"


def _part(words: Mapping[str, str], name: str) -> Any:
    try:
        return parsed(words.get(name, ""))
    except UsageError as fault:
        raise UsageError(f"{name}: {fault}") from fault


def _check_rows(state: State, recipe: Recipe) -> None:
    if state.watch is None:
        return
    # They are read together with those of the evaluations to come.
    rows = {"losses": [state.watch["losses"]], "unread": state.watch["unread"]}
    for name, found in rows.items():
        if any(row.keys() != recipe.losses.keys() for row in found):
            raise UsageError(f"state.watch.{name}: its losses are not those of the recipe")


def _plain(state: State) -> dict[str, Any]:
    return {name: getattr(state, name) for name in state.__dataclass_fields__}


def _write(stream: IO[bytes], tensors: Mapping[str, Kept], words: Mapping[str, str]) -> None:
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
        for piece in _pieces(tensor):
            stream.write(piece.cpu().numpy().tobytes())


def _pieces(tensor: Kept) -> Iterator[Tensor]:
    """Yield all numbers of a tensor, or of one of which other processes have a part, in blocks."""
    if isinstance(tensor, Shard):
        yield from tensor.pieces()
        return
    flat = tensor.detach().reshape(-1)
    for part in blocks(flat.numel()):
        yield flat[part]
