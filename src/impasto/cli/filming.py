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
from impasto.jobs.crew import Cluster
from impasto.jobs.inputs import Inputs
from impasto.jobs.shard import Shard
from impasto.pictures.limits import Reading
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

if TYPE_CHECKING:
    from impasto.film.film import Film

_PREVIEW_PX, _PREVIEW_EVERY = 256, 10
# Of a frame's picture, for each pixel, about.
_DISK_BYTES = 2.5
# Of what other frames are held to, as long as it is.
_KEPT_BYTES = 14
_LOOKED_AT = 9


def film(
    settings: Settings,
    resources: Resources,
    shard: Shard | None,
    address: str | None,
    flags: Mapping[str, Any],
) -> None:
    """Paint the film that the flags name, or a shard of its scenes, here or on a cluster."""
    check_installed()
    from impasto.film.cluster import paint_there
    from impasto.film.result import Result
    from impasto.film.work import paint_film

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
        if flags["preview"]:
            paint_film(_preview(film), result, watcher)
        elif address is not None:
            paint_there(film, result, watcher, _cluster(address, resources, flags["workers"]))
        else:
            paint_film(film, result, watcher, shard)


def _cluster(address: str, resources: Resources, workers: int | None) -> Cluster:
    threads = None if resources.threads == "auto" else int(resources.threads)
    uses_gpus = resources.device in ("auto", "cuda")
    return Cluster(address=address, workers=workers, threads=threads, uses_gpus=uses_gpus)


def forecast(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> list[str]:
    """Return what a film takes, in lines."""
    check_installed()
    from impasto.engine.trial import seconds_per_pixel
    from impasto.film.course import course_of
    from impasto.film.painting import AGAIN, USUAL

    film = _read_film(settings, resources, {**flags, "steady": None})
    run, count = film.run, len(film.picks)
    finest = run.levels[-1]
    course = course_of([range(count)], passes=film.passes, keyframes=film.keyframes)
    keys = sum(piece.mark.turn == 1 and piece.between is None for piece in course)
    pixels = [one.pixels for one in run.costs.forecast(run.levels, run.plan)]
    pace = seconds_per_pixel(run.settings, run.plan)
    first, evaluation = sum(pixels) * pace, pixels[-1] / finest.iterations * pace
    later = (USUAL + (film.passes - 1) * AGAIN) * evaluation
    kept = keys if film.passes * film.keyframes > 1 else min(keys, _LOOKED_AT)  # of one scene
    disk = (count * _DISK_BYTES + kept * _KEPT_BYTES) * finest.height * finest.width
    return [
        f"frames       {count} of {len(film.clip.times)}, {finest.width} x {finest.height} px",
        *([f"keyframes    {keys}; the others are blended"] if film.keyframes > 1 else []),
        f"first frame  {duration(first)}",
        f"later ones   {later:.1f} s each, where most of the picture is known from before",
        f"all          {duration(first + (keys - 1) * later)}, and as long as the first for every "
        "cut",
        f"disk         {disk / 1e6:.0f} MB beside the result, until it is written",
    ]


def _preview(film: Film) -> Film:
    """Return every tenth frame of a film, small."""
    size = film.settings.size
    small = min(_PREVIEW_PX, size) if isinstance(size, int) else _PREVIEW_PX
    timing = replace(film.timing, every=_PREVIEW_EVERY * film.timing.every)
    settings = replace(film.settings, size=small)
    return replace(film, settings=settings, timing=timing, passes=1, keyframes=1, loop=False)


def _read_film(settings: Settings, resources: Resources, flags: Mapping[str, Any]) -> Film:
    """Read what goes into a film, and check it."""
    from impasto.film.film import Film
    from impasto.film.sequences import is_pattern
    from impasto.film.sources import is_film, open_clip
    from impasto.film.timing import Timing

    reading = from_flags(Reading, flags)
    timing = from_flags(Timing, flags)
    clip = open_clip(flags["content"], reading, timing.fps)
    maps = {
        name: open_clip(flags[name], reading, timing.fps)
        for name in ("regions", "protect")
        if flags[name] is not None and (is_pattern(flags[name]) or is_film(flags[name]))
    }
    still = {**flags, **dict.fromkeys(maps)}
    inputs = replace(from_flags(Inputs, still, reading=reading), content=None)
    steady = STEADY if flags["steady"] is None else flags["steady"]
    film = Film(
        clip=clip,
        read=inputs.read(),
        settings=settings,
        resources=resources,
        timing=timing,
        steady=steady,
        passes=flags["passes"] or 1,
        keyframes=flags["keyframes"] or 1,
        loop=flags["loop"],
        maps=maps,
    )
    assert film.picks
    return film
