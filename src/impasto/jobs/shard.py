"""Which share of the work a process does: every so manyth picture or scene. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from impasto.errors import UsageError

_T = TypeVar("_T")

_SLURM = "SLURM_ARRAY_TASK_"


@dataclass(frozen=True)
class Shard:
    """The `number`th, from 1, of `count` shares: each piece of work is in one of them."""

    number: int = 1
    count: int = 1

    def of(self, pieces: Sequence[_T]) -> list[_T]:
        """Return the share of a list that is the same for all."""
        return list(pieces[self.number - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def read_shard(text: str) -> Shard:
    """Read I/N; raise UsageError for anything else."""
    number, slash, count = text.partition("/")
    if slash and number.strip().isdecimal() and count.strip().isdecimal():
        shard = Shard(int(number), int(count))
        if 1 <= shard.number <= shard.count:
            return shard
    raise UsageError(f"the shard cannot be {text!r}; give I/N, as 1/4, 2/4, 3/4 and 4/4")


def asked_shard(text: str | None, environment: Mapping[str, str]) -> Shard | None:
    """Return the share that a flag says, or that is a Slurm task's; None for all of it."""
    return slurm_shard(environment) if text is None else read_shard(text)


def slurm_shard(environment: Mapping[str, str]) -> Shard | None:
    """Return the share of a Slurm array's task, None outside of one.

    Raises UsageError where the tasks are no range, whose places in the array cannot be told.
    """
    if f"{_SLURM}ID" not in environment:
        return None
    try:
        task = int(environment[f"{_SLURM}ID"])
        low, high, step, count = (
            int(environment.get(f"{_SLURM}{name}", default))
            for name, default in (("MIN", task), ("MAX", task), ("STEP", 1), ("COUNT", 0))
        )
    except ValueError as fault:
        raise UsageError(f"{_SLURM}ID and its companions are no numbers; give --shard") from fault
    place, rest = divmod(task - low, max(step, 1))
    places = (high - low) // max(step, 1) + 1
    if rest or not 0 <= place < places or count not in (0, places):
        raise UsageError(
            f"the tasks of this Slurm array are no range ({_SLURM}ID is {task}, of {count} from "
            f"{low} to {high}); give --array a range, as 0-7, or each task its --shard I/N"
        )
    return Shard(place + 1, places)
