"""impasto film: a film in the style of pictures, without flicker."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from impasto.cli.clusters import ray_address, ray_options
from impasto.cli.files import PATH, film_reading_options, styles_argument
from impasto.cli.options import (
    GroupedCommand,
    adding,
    at_least,
    given,
    of_group,
    settings_options,
    telling_options,
)
from impasto.cli.telling import answer
from impasto.errors import UsageError
from impasto.film.codecs import CODECS, QUALITY
from impasto.jobs.shard import asked_shard
from impasto.settings.readers import plain_number, read_float

# How much a frame is held to those before it: measured (docs/film.md).
STEADY = 10.0

_EXAMPLES = (
    ("A film in the style of a painting:", "impasto film film.mp4 painting.jpg -o painted.mp4"),
    (
        "Ten seconds of it, at 12 frames a second:",
        "impasto film film.mp4 painting.jpg -o painted.mp4 --start 5 --end 15 --fps 12",
    ),
    (
        "Numbered pictures, for an editor:",
        "impasto film 'shot/%04d.png' painting.jpg -o 'painted/%04d.png'",
    ),
    ("A first look:", "impasto film film.mp4 painting.jpg -o look.png --preview"),
    (
        "A loop that is as steady as can be:",
        "impasto film loop.gif painting.jpg -o painted.mp4 --loop --passes 3",
    ),
    (
        "The second of four machines:",
        "impasto film film.mp4 painting.jpg -o painted.mp4 --shard 2/4",
    ),
    ("On a Ray cluster:", "impasto film film.mp4 painting.jpg -o painted.mp4 --ray head:6379"),
    ("ProRes:", "impasto film film.mov painting.jpg -o painted.mov --codec prores"),
)

_PLANS = (
    ("How long it will take:", "impasto plan film film.mp4 painting.jpg"),
    (
        "Every second frame, larger:",
        "impasto plan film film.mp4 painting.jpg --every 2 --size 1024",
    ),
    (
        "Every fourth frame painted, the rest blended:",
        "impasto plan film film.mp4 painting.jpg --keyframes 4",
    ),
)


def _film(flag: str, help: str, **more: Any) -> Callable[..., Any]:
    return click.option(flag, help=help, cls=of_group("Film"), **more)


timing_options = adding(
    _film(
        "--fps",
        "Show so many frames a second, and so read numbered pictures. [default: IN's own times; "
        "25 for numbered pictures]",
        metavar="X",
        callback=at_least(1, read_float),
    ),
    _film(
        "--start",
        "Paint from here on, in seconds. [default: 0]",
        metavar="SECONDS",
        callback=at_least(0, read_float),
    ),
    _film(
        "--end",
        "Paint until here, in seconds. [default: all of it]",
        metavar="SECONDS",
        callback=at_least(0, read_float),
    ),
    _film(
        "--every",
        "Paint every Nth frame, each shown N times as long. [default: 1]",
        metavar="N",
        callback=at_least(1),
    ),
)


steadying_options = adding(
    _film(
        "--passes",
        "Go so many times over each scene, backward and forward in turn after the first: steadier "
        "where things come in or are uncovered, for half a later frame's time each. [default: 1]",
        metavar="N",
        callback=at_least(1),
    ),
    _film(
        "--keyframes",
        "Paint every Nth frame only, and blend the others of the two around them, moved along: "
        "much faster, and softer where much moves. [default: 1]",
        metavar="N",
        callback=at_least(1),
    ),
    _film(
        "--loop",
        "Close a loop: the film's last frames lead to the painting of its first.",
        is_flag=True,
    ),
)


_shard_option = _film(
    "--shard",
    "Paint only the scenes of the Ith of N shares; whoever ends last writes OUT. [default: this "
    "task's of a Slurm array, else all]",
    metavar="I/N",
)


_map_options = adding(
    click.option(
        "--regions",
        metavar="MAP",
        type=PATH,
        help="A map in flat colours, for all frames alike; one for each as maps/%04d.png.",
    ),
    click.option(
        "--style-regions",
        metavar="MAP|#RRGGBB|all",
        multiple=True,
        help="Once for each STYLE, in their order: its map in the colours of --regions, or the "
        "one colour that all of it serves, or 'all' for every region.",
    ),
    click.option(
        "--protect",
        metavar="MASK",
        type=PATH,
        help="Where MASK is white frames stay as they are; greys blend. One for all frames, or one "
        "for each: masks/%04d.png, or a film.",
    ),
)


@click.command(cls=GroupedCommand, examples=_EXAMPLES, no_args_is_help=True)
@click.argument("content", metavar="IN", type=PATH)
@styles_argument
@click.option(
    *("-o", "--output"),
    metavar="OUT",
    required=True,
    type=PATH,
    help="Where the film goes: .mp4, .mov or .mkv; frames/%04d.png for numbered pictures.",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT, and begin anew, if it exists.")
@telling_options
@timing_options
@_film(
    "--steady",
    "How much a frame is held to those before it, where the motion is sure. "
    f"[default: {plain_number(STEADY)}]",
    metavar="X",
    callback=at_least(0, read_float),
)
@steadying_options
@_shard_option
@ray_options
@_film(
    "--preview",
    "Paint every tenth frame, at 256 px at most, onto one sheet: OUT is a .png, .jpg or .webp.",
    is_flag=True,
)
@_film(
    "--codec",
    "'h264' plays everywhere, 'prores' (422 HQ, 10 bits) and 'png' are for editors. [default: by "
    "OUT's ending]",
    type=click.Choice([*CODECS]),
)
@_film(
    "--quality",
    f"Of h264, from 0, the best, to 51. [default: {QUALITY}]",
    metavar="N",
    type=click.IntRange(0, 51),
)
@_map_options
@film_reading_options
@settings_options
def film(**flags: Any) -> None:
    """Paint the film IN in the style of one or more pictures STYLE.

    IN is a film in any container, a GIF, an animated WebP or PNG, or numbered pictures,
    frames/%04d.png. Each frame goes on from the one before, moved along with what is seen.

    Frames are kept beside OUT until it is written: Ctrl-C leaves a film of those that are painted,
    and the same command goes on.
    """
    settings, resources = given(flags)
    shard = asked_shard(flags["shard"], os.environ)
    address = ray_address(flags["ray"])
    if flags["loop"] and (shard is not None or address is not None):
        raise UsageError("a --loop is no film for shards: its end waits for its beginning")
    if address is not None and (flags["shard"] is not None or flags["preview"]):
        raise UsageError("--ray shares out a whole film's scenes; leave --shard and --preview out")
    from impasto.cli import filming

    filming.film(settings, resources, shard, address, flags)


@click.command("film", cls=GroupedCommand, examples=_PLANS, no_args_is_help=True)
@click.argument("content", metavar="IN", type=PATH)
@styles_argument
@timing_options
@steadying_options
@_map_options
@film_reading_options
@settings_options
def plan_film(**flags: Any) -> None:
    """Show frames, time and disk of a film, without painting.

    Takes the flags of `impasto film`. The time is judged by a measurement of a few seconds.
    """
    settings, resources = given(flags)
    from impasto.cli import filming

    for line in filming.forecast(settings, resources, flags):
        answer(line)
