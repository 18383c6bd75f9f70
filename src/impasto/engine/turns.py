"""Whose turn it is between two evaluations of several processes: the leader says what is next."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version

from torch import Tensor

from impasto.engine.checkpoint import State
from impasto.engine.run import Run
from impasto.engine.step import Step
from impasto.errors import UsageError
from impasto.sharing.group import Group
from impasto.sharing.shard import Shard

_GO_ON, _END = "go on", "end"


def handed_out(run: Run, resume: State | None, group: Group) -> Run:
    """Return the leader's run as all of its group paint it, and give it to the others."""
    if not group.is_alone:
        group.said(_programs())
        group.said((run, resume and _without_vectors(resume)))
    return replace(run, group=group)


def taken(group: Group) -> tuple[Run, State | None]:
    """Return the run that the leader hands out, and the state that it goes on from.

    Raises UsageError where the leader is another version of impasto or torch, whose runs need not
    be ours.
    """
    leaders, own = group.said(), _programs()
    if leaders != own:
        raise UsageError(
            f"process {group.rank + 1} of {group.size} has {_named(own)}, the first one has "
            f"{_named(leaders)}: install the same versions for all"
        )
    run, resume = group.said()
    return replace(run, group=group), resume


def goes_on(group: Group, step: Step | None) -> bool:
    """Return whether another evaluation is made: as the leader says, once it has all it asks for.

    It asks for pieces of what the others hold behind the latest `step`.
    """
    if group.leads:
        if not group.is_alone:
            group.said(_GO_ON)
        return True
    while (word := group.said()) != _GO_ON:
        if word == _END:
            return False
        assert step is not None
        kept = step._behind.stepper.state()[word.name]
        assert isinstance(kept, Shard)
        kept.answer(word)
    return True


@contextlib.contextmanager
def ending(group: Group) -> Iterator[None]:
    """Tell all where the leader asks for no more steps inside the block."""
    try:
        yield
    except GeneratorExit:
        if group.leads and not group.is_alone:
            group.said(_END)
        raise


def _programs() -> dict[str, str]:
    return {name: version(name) for name in ("impasto", "torch")}


def _named(programs: Mapping[str, str]) -> str:
    return " and ".join(f"{name} {number}" for name, number in programs.items())


def _without_vectors(state: State) -> State:
    """Return a state without what the leader hands out piece by piece."""
    image = state.tensors["image"]

    def is_long(name: str, tensor: Tensor) -> bool:
        as_flat, as_image = tensor.shape[-1:] == (image.numel(),), tensor.shape == image.shape
        return name != "image" and (as_flat or as_image)

    short: Mapping[str, Tensor] = {
        name: tensor.clone() for name, tensor in state.tensors.items() if not is_long(name, tensor)
    }
    return replace(state, tensors=short)
