"""What film does once its flags are right; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from impasto.cli.files import from_flags
from impasto.cli.film import STEADY
from impasto.cli.film_progress import make_watcher
from impasto.cli.signals import stoppable
from impasto.film.codecs import QUALITY, codec_of
from impasto.film.containers import check_installed
from impasto.jobs.inputs import Inputs
from impasto.pictures.limits import Reading
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


def film(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> None:
    """Paint the film that the flags name."""
    check_installed()
    from impasto.film.work import Result, paint_film

    quality = QUALITY if flags["quality"] is None else flags["quality"]
    codec = codec_of(flags["output"], flags["codec"])
    result = Result(
        output=flags["output"], codec=codec, quality=quality, overwrite=flags["overwrite"]
    )
    inputs = from_flags(Inputs, flags)
    result.check(inputs.paths(settings))
    watcher = make_watcher(quiet=flags["quiet"], json_lines=flags["json_progress"])
    with stoppable(), watcher:
        paint_film(read_film(settings, resources, flags), result, watcher)


def read_film(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> Any:
    """Read what goes into a film, and check it."""
    from impasto.film.film import Film
    from impasto.film.sources import open_clip
    from impasto.film.timing import Timing

    reading = from_flags(Reading, flags)
    timing = from_flags(Timing, flags)
    clip = open_clip(flags["content"], reading, timing.fps)
    inputs = replace(from_flags(Inputs, flags, reading=reading), content=None)
    steady = STEADY if flags["steady"] is None else flags["steady"]
    film = Film(
        clip=clip,
        read=inputs.read(),
        settings=settings,
        resources=resources,
        timing=timing,
        steady=steady,
    )
    assert film.picks
    return film
