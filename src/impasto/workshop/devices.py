"""Which devices are painted on, and what a painter's process is told of its own. Knows no torch."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impasto.errors import DeviceError, UsageError

AUTO = "auto"
MOST = 16

_NAME = re.compile(r"auto|cpu|mps|cuda(:[0-9]{1,2})?")
# Says what is not there in one line, and else nothing.
_LOOK = "impasto.workshop.presence"
# Which of the machine's devices a process sees; the first of them is its own.
_VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Device:
    """One painter's device: "auto", "cpu", "mps" or "cuda:1", and how many painters share it."""

    name: str = AUTO
    sharers: int = 1
    label: str = ""

    @property
    def kind(self) -> str:
        """The name without its number."""
        return self.name.partition(":")[0]

    @property
    def words(self) -> list[str]:
        """What its painter's process is told; the last is for whoever looks at processes."""
        return [self.kind, str(self.sharers), self.label or self.name]

    def environment(self, ours: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return what its painter's environment has beside ours: it sees no other's device.

        So a run's plan says "cuda" for each of them, and goes on on any to the same bits.
        """
        _, _, number = self.name.partition(":")
        if not number:
            return {}
        seen = [one.strip() for one in ours.get(_VISIBLE, "").split(",") if one.strip()]
        return {_VISIBLE: seen[int(number)] if int(number) < len(seen) else number}


def devices_of(names: Sequence[str]) -> list[Device]:
    """Return the devices of names; one that is named twice has two painters.

    Raises UsageError for what is no name, or too many.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"device cannot be {name!r}; give auto, cpu, mps, cuda, or cuda:1 for the second"
            )
    if len(names) > MOST:
        raise UsageError(f"device is given {len(names)} times; give {MOST} at most")
    if AUTO in names and len(names) > 1:
        raise UsageError("device auto is every device there is; give it alone, or name them all")
    whole = ["cuda:0" if name == "cuda" else name for name in names or [AUTO]]
    counts, seen = Counter(whole), Counter[str]()
    found = []
    for name in whole:
        seen[name] += 1
        label = f"{name} ({seen[name]})" if counts[name] > 1 else name
        found.append(Device(name, counts[name], label))
    return found


def check_devices(devices: Sequence[Device]) -> None:
    """Raise DeviceError where one is not there; only what needs torch to be known is looked at."""
    names = [device.name for device in devices if device.name not in (AUTO, "cpu")]
    if names:
        command = [sys.executable, "-m", _LOOK, *names]
        look = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
        if said := look.stdout.strip():
            raise DeviceError(said)
