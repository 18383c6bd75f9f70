"""What film does once its flags are right; with it, torch is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from impasto.cli.files import from_flags
from impasto.cli.film import STEADY
from impasto.cli.film_progress import make_watcher
from impasto.cli.signals import stoppable
from impasto.cli.telling import duration
from impasto.film.codecs import QUALITY, codec_of
from impasto.film.containers import check_installed
from impasto.jobs.inputs import Inputs
from impasto.pictures.limits import Reading
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

if TYPE_CHECKING:
    from impasto.film.film import Film

_PREVIEW_PX, _PREVIEW_EVERY = 256, 10
# Of a frame's picture, for each pixel, about.
_DISK_BYTES = 2.5


def film(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> None:
    """Paint the film that the flags name."""
    check_installed()
    from impasto.film.work import Result, paint_film

    quality = QUALITY if flags["quality"] is None else flags["quality"]
    codec = codec_of(flags["output"], flags["codec"], is_preview=flags["preview"])
    result = Result(
        output=flags["output"], codec=codec, quality=quality, overwrite=flags["overwrite"]
    )
    inputs = from_flags(Inputs, flags)
    result.check(inputs.paths(settings))
    watcher = make_watcher(quiet=flags["quiet"], json_lines=flags["json_progress"])
    with stoppable(), watcher:
        film = _read_film(settings, resources, flags)
        paint_film(_preview(film) if flags["preview"] else film, result, watcher)


def forecast(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> list[str]:
    """Return what a film takes, in lines."""
    check_installed()
    from impasto.engine.trial import seconds_per_pixel
    from impasto.film.painting import USUAL

    film = _read_film(settings, resources, {**flags, "steady": None})
    run = film.run
    count, finest = len(film.picks), run.levels[-1]
    pixels = [one.pixels for one in run.costs.forecast(run.levels, run.plan)]
    pace = seconds_per_pixel(run.settings, run.plan)
    first, later = sum(pixels) * pace, pixels[-1] / finest.iterations * USUAL * pace
    disk = count * finest.height * finest.width * _DISK_BYTES
    return [
        f"frames       {count} of {len(film.clip.times)}, {finest.width} x {finest.height} px",
        f"first frame  {duration(first)}",
        f"later ones   {later:.1f} s each, where most of the picture is known from before",
        f"all          {duration(first + (count - 1) * later)}, and as long as the first for every "
        "cut",
        f"disk         {disk / 1e6:.0f} MB beside the result, until it is written",
    ]


def _preview(film: Film) -> Film:
    """Return every tenth frame of a film, small."""
    size = film.settings.size
    small = min(_PREVIEW_PX, size) if isinstance(size, int) else _PREVIEW_PX
    timing = replace(film.timing, every=_PREVIEW_EVERY * film.timing.every)
    return replace(film, settings=replace(film.settings, size=small), timing=timing)


def _read_film(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> Film:
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
