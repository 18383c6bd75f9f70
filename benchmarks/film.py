"""How steady films are, by clips whose motion is known, in one command each.

    python benchmarks/film.py pan --size 256 --frames 24 --alone 8
    python benchmarks/film.py passing|cut|loop [--passes N] [--keyframes N] [--loop] [--to FOLDER]
    python benchmarks/film.py drift --size 128    # mean and contrast over 100 frames
    python benchmarks/film.py equal --size 128    # seconds and loss of later frames and the first
    python benchmarks/film.py kills --frames 10   # a small film, killed anywhere

Frames are judged as `impasto measure film` does. FOLDER keeps them, with a sheet of every fourth
and one of how neighbours differ.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from impasto import Painter, Settings
from impasto.cli.film import STEADY
from impasto.engine.following import following
from impasto.engine.level import level_objective
from impasto.film.clip import Clip
from impasto.film.codecs import CODECS, QUALITY
from impasto.film.contact import contact_sheet
from impasto.film.film import Film
from impasto.film.flow import flow_between, warped
from impasto.film.measuring import measure_film
from impasto.film.result import Result
from impasto.film.sequences import numbered
from impasto.film.sources import open_clip
from impasto.film.timing import Timing
from impasto.film.work import paint_film
from impasto.jobs.inputs import Inputs
from impasto.objective.objective import Objective
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Picture
from impasto.reading.sources import as_picture
from impasto.settings.resources import Resources
from impasto.sheets.subjects import EXAMPLES

STEP = 1.5  # pixels a frame
NOISE = 1.0  # of 255, as of a quiet camera


class Clock:
    """Keeps what each piece of work took: a frame in a pass, or one that was blended."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.evaluations: list[int] = []

    def began(self, count: int, there: int) -> None:  # noqa: D102
        pass

    def evaluated(self, step: object) -> None:  # noqa: D102
        pass

    def frame(self, number: int, evaluations: int, seconds: float) -> None:  # noqa: D102
        print(f"frame {number}: {evaluations} evaluations, {seconds:.1f} s", flush=True)
        self.seconds.append(seconds)
        self.evaluations.append(evaluations)

    def written(self, path: Path, frames: int, seconds: float) -> None:  # noqa: D102
        pass


def pan(size: int, frames: int) -> list[Image.Image]:
    """Look through a window that moves over a photograph and back: the last frame is the first."""
    return _panned("pagoda.jpg", size, [STEP * min(n, frames - 1 - n) for n in range(frames)])


def cut(size: int, frames: int) -> list[Image.Image]:
    """Pan over a photograph, and from half-way on over another."""
    half = frames // 2
    one = _panned("pagoda.jpg", size, [STEP * number for number in range(half)])
    return [*one, *_panned("coffee.jpg", size, [STEP * number for number in range(frames - half)])]


def passing(size: int, frames: int) -> list[Image.Image]:
    """Let a cup pass before a photograph that stands still, filmed with a little noise."""
    still = _panned("pagoda.jpg", size, [0.0])[0]
    side = size // 3
    cup = Image.open(EXAMPLES / "coffee.jpg").convert("RGB")
    edge = min(cup.size)
    left, top = (cup.width - edge) // 2, (cup.height - edge) // 2
    cup = cup.crop((left, top, left + edge, top + edge)).resize((side, side))
    mask = Image.new("L", (4 * side, 4 * side))
    ImageDraw.Draw(mask).ellipse((0, 0, 4 * side - 1, 4 * side - 1), fill=255)
    mask = mask.resize((side, side))
    shown, rng = [], np.random.default_rng(0)
    for number in range(frames):
        frame = still.copy()
        frame.paste(cup, (size // 16 + size // 32 * number, still.height // 2 - side // 3), mask)
        noise = rng.normal(0, NOISE, (frame.height, frame.width, 3))
        shown.append(Image.fromarray(np.rint(np.asarray(frame) + noise).clip(0, 255).astype("u1")))
    return shown


def loop(size: int, frames: int) -> list[Image.Image]:
    """Look through a window that moves round in a circle: after the last frame comes the first."""
    way = STEP * frames / (2 * math.pi)  # its radius, by which a frame moves by a step
    turns = [2 * math.pi * number / frames for number in range(frames)]
    lefts, tops = ([way * (1 + f(turn)) for turn in turns] for f in (math.cos, math.sin))
    return _panned("pagoda.jpg", size, lefts, tops)


def sway(size: int, frames: int) -> list[Image.Image]:
    """Look through a window that sways twice: most of what is seen stays in sight all the time."""
    turns = [4 * math.pi * number / (frames - 1) for number in range(frames)]
    way = STEP * frames / (4 * math.pi)  # by which it moves by a step at most
    return _panned("pagoda.jpg", size, [way * (1 - math.cos(turn)) for turn in turns])


CLIPS = {"pan": pan, "passing": passing, "cut": cut, "loop": loop}


def _panned(
    name: str, size: int, lefts: Sequence[float], tops: Sequence[float] = ()
) -> list[Image.Image]:
    """Look at a photograph through a window of 4 by 3 at these places."""
    photo = Image.open(EXAMPLES / name).convert("RGB")
    height = size * 3 // 4 // 2 * 2
    ways = max(lefts), max(tops, default=0.0)
    scale = max((size + ways[0] + 2) / photo.width, (height + ways[1] + 2) / photo.height)
    photo = photo.resize((round(scale * photo.width), round(scale * photo.height)))
    middle = (photo.height - height) / 2 - ways[1] / 2
    return [
        photo.transform(
            (size, height),
            Image.Transform.EXTENT,
            (left, top, left + size, top + height),
            Image.Resampling.BICUBIC,
        )
        for left, top in zip(
            lefts, [middle + one for one in tops or [0.0] * len(lefts)], strict=True
        )
    ]


@dataclass(frozen=True, eq=False)
class Bench:
    """One film in a folder: as it was filmed, painted as a film, and some frames painted alone."""

    folder: Path
    frames: Sequence[Image.Image]
    settings: Settings
    style: Path
    options: dict[str, Any]

    def pattern(self, name: str) -> Path:
        """Return the pattern of the frames of a kind."""
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.folder / name / "%04d.png"

    def clip(self, name: str) -> Clip:
        """Look at the frames of a kind."""
        return open_clip(self.pattern(name), Reading(), 24)

    def film(self) -> Film:
        """Write what is filmed, and return the film to paint."""
        for number, frame in enumerate(self.frames, 1):
            frame.save(numbered(self.pattern("filmed"), number))
        return Film(
            clip=self.clip("filmed"),
            read=Inputs(styles=(self.style,)).read(),
            settings=self.settings,
            resources=Resources(),
            timing=Timing(),
            **self.options,
        )

    def paint(self) -> Clock:
        """Paint the film, and return what it took."""
        clock, codec = Clock(), CODECS["png"]
        output = self.pattern("painted")
        result = Result(output=output, codec=codec, quality=QUALITY, overwrite=True)
        paint_film(self.film(), result, clock)
        return clock

    def paint_alone(self, count: int) -> None:
        """Paint the first frames one by one, as pictures are painted."""
        painter = Painter([self.style], self.settings)
        for number in range(1, min(count, len(self.frames)) + 1):
            picture = painter.paint(numbered(self.pattern("filmed"), number))
            picture.save(numbered(self.pattern("alone"), number), overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*CLIPS, "drift", "equal", "kills"])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--style", default="swirl.jpg")
    parser.add_argument("--alone", type=int, default=0, help="frames that are painted one by one")
    parser.add_argument("--steady", type=float, default=STEADY)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--keyframes", type=int, default=1)
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--to", type=Path, help="a folder to keep the frames and sheets in")
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = asked.to or Path(temporary)
        if asked.what == "kills":
            killed(asked.frames or 10, folder)
            return
        count = asked.frames or {"drift": 100, "equal": 6}.get(asked.what, 24)
        clip = sway if asked.what == "drift" else CLIPS.get(asked.what, pan)
        bench = Bench(
            folder=folder,
            frames=clip(asked.size, count),
            settings=Settings(size=asked.size, faces="style"),
            style=EXAMPLES / asked.style,
            options={
                name: getattr(asked, name) for name in ("steady", "passes", "keyframes", "loop")
            },
        )
        judge(bench, count if asked.what == "equal" else asked.alone)
        if asked.what == "equal":
            compare(bench)


def judge(bench: Bench, alone: int) -> None:
    """Paint a film, print all figures, and draw its sheets."""
    clock = bench.paint()
    figures = measure_film(bench.clip("painted"), bench.clip("filmed"))
    filmed, painted = figures.content, figures.result
    say("frames", len(bench.frames), f"of {bench.settings.size} px")
    say("warping error, input", filmed.error)
    say("warping error, film", painted.error, f"{share(painted.error, filmed.error)} the input's")
    say("loop gap, input", filmed.loop_gap)
    say(
        "loop gap, film",
        painted.loop_gap,
        f"{share(painted.loop_gap, filmed.loop_gap)} the input's",
    )
    if alone > 1:
        bench.paint_alone(alone)
        error = measure_film(bench.clip("alone"), bench.clip("filmed")).result.error
        told = f"of {alone} frames; the film has {share(painted.error, error)} it"
        say("warping error, one by one", error, told)
    say("brightness drifts", f"{painted.mean_drift:+.2%}", f"the input's {filmed.mean_drift:+.2%}")
    drift = filmed.contrast_drift
    say("contrast drifts", f"{painted.contrast_drift:+.2%}", f"the input's {drift:+.2%}")
    first, later = clock.seconds[0], float(np.median(clock.seconds[1:]))
    say("first frame, s", first, f"{clock.evaluations[0]} evaluations")
    mean = np.mean(clock.evaluations[1:])
    say("later frame, s", later, f"{later / first:.3f} of the first; {mean:.1f} evaluations")
    draw(bench)


def compare(bench: Bench) -> None:
    """Print the loss of later frames, without what holds them, by that of the same painted alone.

    Both are judged by the objective of the finest level, from the same files of 8 bits.
    """
    run = bench.film().run
    encoder = run.networks.find(run.settings, run.plan, run.encoder).encoder
    shares = []
    kinds = [bench.clip(name).read(0) for name in ("filmed", "painted", "alone")]
    for number, (photo, *pictures) in enumerate(zip(*kinds, strict=True), 1):
        of_frame = following(run, photo, None)
        objective = level_objective(of_frame, len(run.levels), encoder)
        together, alone = (loss_of(objective, one) for one in pictures)
        say(f"loss of frame {number}", together, f"{together / alone:.3f} of it painted alone")
        shares.append(together / alone)
    say("loss of later frames", float(np.mean(shares[1:])), "of them painted alone, on average")


def loss_of(objective: Objective, picture: Picture) -> float:
    """Return the loss of a picture, all terms together."""
    image = picture.tensor()[None].requires_grad_()
    return float(sum(objective(image).values()))


def draw(bench: Bench) -> None:
    """Draw every fourth frame, as filmed and painted, and what neighbours differ by beside motion.

    That is shown four times as strong.
    """
    painted, filmed = (list(bench.clip(name).read(0)) for name in ("painted", "filmed"))
    some = range(0, len(painted), 4)
    shown = [pictures[number] for pictures in (filmed, painted) for number in some]
    contact_sheet(shown, [number / 24 for number in some] * 2).save(bench.folder / "sheet.png")
    flows = [flow_between(now.array, before.array) for before, now in pairwise(filmed)]
    apart = [
        as_picture(np.abs(4 * (now.array - warped(before.array, flow))).clip(0, 1))
        for pictures in (filmed, painted)
        for (before, now), flow in zip(pairwise(pictures), flows, strict=True)
    ]
    times = [number / 24 for number in range(1, len(painted))] * 2
    contact_sheet(apart, times).save(bench.folder / "differences.png")


def say(name: str, value: float | str | None, more: str = "") -> None:
    """Print a figure on a line."""
    text = f"{value:.4g}" if isinstance(value, float) else value
    print(f"{name:26} {text!s:>10}  {more}".rstrip(), flush=True)


def share(one: float | None, other: float | None) -> str:
    """Return one by the other, for a person."""
    return f"{one / other:.2f} times" if one and other else "no motion of"


def killed(kills: int, folder: Path) -> None:
    """Kill a film again and again while it is painted; print after how many it was the same."""
    print(f"{survived(kills, folder)} of {kills} kills survived")


def survived(kills: int, folder: Path) -> int:
    """Kill a film again and again while it is painted; return after how many it was the same."""
    (folder / "filmed").mkdir()
    for number, frame in enumerate(pan(64, 8), 1):
        frame.save(folder / "filmed" / f"{number:04}.png")
    words = [*("film", str(folder / "filmed" / "%04d.png"), str(EXAMPLES / "swirl.jpg"), "--quiet")]
    words += ["--size", "64", "--iterations", "6", "--faces", "style", "--threads", "1"]

    def painted(name: str) -> list[str]:
        return [sys.executable, "-m", "impasto", *words, "-o", str(folder / name / "%04d.png")]

    subprocess.run(painted("whole"), check=True)
    rng, count = np.random.default_rng(0), 0
    for number in range(kills):
        last = folder / f"{number}" / "%04d.png.frames" / f"{rng.integers(7):06}.png"
        process = subprocess.Popen(painted(f"{number}"))
        while not last.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 1))
        process.kill()
        process.wait()
        there = len(list((folder / f"{number}").glob("*.frames/*.png")))
        subprocess.run(painted(f"{number}"), check=True)
        frames = [sorted((folder / name).glob("*.png")) for name in ("whole", f"{number}")]
        same = [one.read_bytes() == other.read_bytes() for one, other in zip(*frames, strict=True)]
        print(f"killed with {there} of 8 frames there: {'the same' if all(same) else 'other'}")
        count += all(same)
    return count


if __name__ == "__main__":
    main()
