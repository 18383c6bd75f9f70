"""How steady films are: python benchmarks/film.py [--size PX] [--frames N] [--to FOLDER].

A photograph is panned there and back, so that the last frame shows what the first did. It is
painted as a film and frame by frame, and both are judged as `impasto measure film` does.
With --kills N a small film is killed N times, anywhere, and must come out the same.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from impasto import Painter, Settings
from impasto.cli.film import STEADY
from impasto.film.codecs import CODECS, QUALITY
from impasto.film.film import Film
from impasto.film.measuring import measure_film
from impasto.film.sequences import numbered
from impasto.film.sources import open_clip
from impasto.film.timing import Timing
from impasto.film.work import Result, paint_film
from impasto.jobs.inputs import Inputs
from impasto.pictures.limits import Reading
from impasto.settings.resources import Resources
from impasto.sheets.subjects import EXAMPLES

STEP = 1.5  # pixels a frame


class Clock:
    """Keeps what each frame took."""

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


def pan(photo: Image.Image, size: int, frames: int) -> list[Image.Image]:
    """Look through a window that moves over the photograph and back."""
    height = size * 3 // 4 // 2 * 2
    way = STEP * frames / 2 + 2
    scale = max((size + way) / photo.width, (height + 2) / photo.height)
    photo = photo.resize((round(scale * photo.width), round(scale * photo.height)))
    top = (photo.height - height) // 2
    lefts = [STEP * min(number, frames - 1 - number) for number in range(frames)]
    return [
        photo.transform(
            (size, height),
            Image.Transform.EXTENT,
            (left, top, left + size, top + height),
            Image.Resampling.BICUBIC,
        )
        for left in lefts
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--content", default="pagoda.jpg")
    parser.add_argument("--style", default="swirl.jpg")
    parser.add_argument("--alone", type=int, default=8, help="frames that are painted one by one")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        if asked.kills:
            print(f"{survived(asked.kills, Path(temporary))} of {asked.kills} kills survived")
            return
        folder = asked.to or Path(temporary)
        print(json.dumps(judged(asked, folder), indent=1))


def judged(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Paint both ways into a folder and return all figures."""
    for name in ("filmed", "painted", "alone"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    filmed, painted, alone = (folder / name / "%04d.png" for name in ("filmed", "painted", "alone"))
    frames = pan(Image.open(EXAMPLES / asked.content).convert("RGB"), asked.size, asked.frames)
    for number, frame in enumerate(frames, 1):
        frame.save(numbered(filmed, number))
    settings, style = Settings(size=asked.size, faces="style"), EXAMPLES / asked.style
    clock = Clock()
    film = Film(
        clip=open_clip(filmed, Reading(), 24),
        read=Inputs(styles=(style,)).read(),
        settings=settings,
        resources=Resources(),
        timing=Timing(),
        steady=STEADY,
    )
    result = Result(output=painted, codec=CODECS["png"], quality=QUALITY, overwrite=True)
    paint_film(film, result, clock)
    began = time.monotonic()
    painter = Painter([style], settings)
    for number in range(1, min(asked.alone, asked.frames) + 1):
        painter.paint(numbered(filmed, number)).save(numbered(alone, number), overwrite=True)
    alone_seconds = (time.monotonic() - began) / max(asked.alone, 1)
    figures = measure_film(*(open_clip(path, Reading(), 24) for path in (painted, filmed)))
    kinds = {"input": figures.content, "film": figures.result}
    if asked.alone > 1:
        clips = (open_clip(path, Reading(), 24) for path in (alone, filmed))
        kinds["alone"] = measure_film(*clips).result
    later = float(np.median(clock.seconds[1:]))
    return {
        **{f"warping error, {kind}": one.error for kind, one in kinds.items()},
        "mean drift": figures.result.mean_drift,
        "contrast drift": figures.result.contrast_drift,
        "first frame, s": clock.seconds[0],
        "later frame, s": later,
        "later by first": later / clock.seconds[0],
        "alone, s a frame": alone_seconds,
        "evaluations": clock.evaluations,
    }


def survived(kills: int, folder: Path) -> int:
    """Kill a film again and again while it is painted; return after how many it was the same."""
    (folder / "filmed").mkdir()
    for number, frame in enumerate(pan(Image.open(EXAMPLES / "pagoda.jpg"), 64, 8), 1):
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
