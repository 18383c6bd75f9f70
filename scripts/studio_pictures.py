"""Make the pictures of docs/studio.md: a real studio, a real browser, real runs.

    PYTHONPATH=src python scripts/studio_pictures.py [--out docs/studio] [--size 512]

Takes some minutes; needs the extra `studio`, playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
VIEW = {"width": 1240, "height": 780}
NARROW = {"width": 390, "height": 780}
MOST_BYTES = 150_000
PATIENCE_MS = 900_000
# Steps on the film strip before something is changed.
STEPS_SEEN = 6
# Around the bowl of fig.jpg, in shares of its sides, and a point inside.
BOWL = [
    *((0.23, 0.49), (0.30, 0.36), (0.42, 0.20), (0.56, 0.13), (0.70, 0.13), (0.83, 0.21)),
    *((0.93, 0.36), (0.98, 0.52), (0.98, 0.70), (0.92, 0.84), (0.82, 0.93), (0.68, 0.98)),
    *((0.54, 0.94), (0.40, 0.80), (0.30, 0.65), (0.23, 0.50)),
]
BOWL_INSIDE = [(0.6, 0.5), (0.6, 0.5)]


def main() -> None:
    """Paint, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "studio")
    parser.add_argument("--size", type=int, default=512)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, studio(Path(folder)) as address, tab() as page:
        Guide(page, address, asked.out, asked.size).walk()


class Guide:
    """Somebody who walks through the studio and takes pictures."""

    def __init__(self, page: Any, address: str, out: Path, size: int) -> None:
        self.page, self.address, self.out, self.size = page, address, out, size
        self.ids = {
            path.name: self._post(f"/api/pictures?name={path.name}", path.read_bytes())["id"]
            for path in map(
                EXAMPLES.joinpath,
                (
                    "pagoda.jpg",
                    "chelsea.jpg",
                    "fig.jpg",
                    "pastel.jpg",
                    "woodcut.jpg",
                    "glass.jpg",
                    "watercolour.jpg",
                ),
            )
        }

    def walk(self) -> None:
        """Take all pictures."""
        self._quick_results()
        self._start()
        self._looks()
        self._regions()
        self._painting()
        self._pictures()
        self._narrow()

    def _start(self) -> None:
        self._fill("pagoda.jpg", ["pastel.jpg"])
        self._take("start")

    def _looks(self) -> None:
        self._fill("pagoda.jpg", ["pastel.jpg"])
        self._press("Four looks")
        self.page.wait_for_selector(".look-picture:not(.waits) >> nth=3", timeout=PATIENCE_MS)
        self._until(lambda: not self._running())
        self.page.locator(".look").nth(2).click()
        self._take("looks")

    def _regions(self) -> None:
        self._fill("fig.jpg", ["watercolour.jpg", "woodcut.jpg"])
        self._press("Regions")
        easel = self.page.locator(".easel-map")
        easel.hover()
        self.page.get_by_label("Size of the brush").fill("26")
        self._stroke(easel, BOWL)
        self._press("Fill (F)")
        self._stroke(easel, BOWL_INSIDE)
        self._press("Brush (B)")
        serves = self.page.get_by_label("Regions in the style")
        serves.nth(0).select_option(label="Only Everything else")
        serves.nth(1).select_option(label="Only Part 2")
        self._take("regions")
        self._press("Cancel")

    def _painting(self) -> None:
        self._fill("chelsea.jpg", ["glass.jpg", "pastel.jpg"], preset="standard")
        self._press("Paint")
        self.page.wait_for_url("**/#/job/*")
        self.page.wait_for_selector(f".frame >> nth={STEPS_SEEN}", timeout=PATIENCE_MS)
        self.page.locator(".live [data-option=strength] input[type=range]").fill("58")
        self.page.wait_for_selector(".mark-change", timeout=PATIENCE_MS)
        self._until(self._is_at_the_last_level)
        self.page.wait_for_timeout(6000)
        self._take("painting")
        self._until(lambda: not self._running())
        self._press("Photograph")
        self.page.wait_for_timeout(800)
        self._take("compare")

    def _is_at_the_last_level(self) -> bool:
        now = self._get("/api/jobs")["jobs"][0]["progress"]
        return now["level"] == now["levels"] and now["iteration"] > 1

    def _pictures(self) -> None:
        self._open("#/queue")
        self.page.emulate_media(color_scheme="dark")
        self._take("pictures")
        self.page.emulate_media(color_scheme="light")

    def _narrow(self) -> None:
        self.page.set_viewport_size(NARROW)
        job = next(job for job in self._get("/api/jobs")["jobs"] if not job["look"])
        self._open(f"#/job/{job['id']}")
        self._take("narrow")
        self.page.set_viewport_size(VIEW)

    def _quick_results(self) -> None:
        """Paint what stands in the gallery."""
        for content, style in (("fig.jpg", "watercolour.jpg"), ("pagoda.jpg", "woodcut.jpg")):
            asked = {
                "content": self.ids[content],
                "styles": [{"picture": self.ids[style]}],
                "preset": "quick",
                "options": {"size": self.size},
                "title": f"{Path(content).stem} in {Path(style).stem}",
            }
            self._post("/api/jobs", json.dumps(asked).encode())
        self._until(lambda: not self._running())

    def _fill(self, content: str, styles: list[str], preset: str = "quick") -> None:
        """Open the first view with pictures chosen."""

        def picture(name: str) -> dict[str, Any]:
            return self._get(f"/api/pictures/{self.ids[name]}/about")

        draft = {
            "content": picture(content),
            "options": {} if self.size == 512 else {"size": self.size},
            "preset": preset,
            "styles": [
                {"picture": picture(style), "weight": 1, "scale": 1, "regions": None}
                for style in styles
            ],
        }
        self.page.goto(self.address)
        text = json.dumps(draft)
        self.page.evaluate("(text) => localStorage.setItem('impasto.draft', text)", text)
        self._open("#/start")
        self.page.wait_for_timeout(500)

    def _open(self, place: str) -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/{place}")
        self.page.wait_for_selector("main[data-ready]")
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(500)

    def _press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def _stroke(self, easel: Any, points: list[tuple[float, float]]) -> None:
        box = easel.bounding_box()
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        for point in at[1:]:
            self.page.mouse.move(*point, steps=6)
        self.page.mouse.up()
        self.page.mouse.move(5, 5)

    def _take(self, name: str) -> None:
        self.page.mouse.move(2, 300)
        self.page.wait_for_timeout(400)
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        path = self.out / f"{name}.jpg"
        for share in (1.0, 0.92, 0.85, 0.78, 0.72):
            size = (round(image.width * share), round(image.height * share))
            made = image.resize(size, Image.Resampling.LANCZOS)
            made.save(path, quality=85, optimize=True, progressive=True)
            if path.stat().st_size < MOST_BYTES:
                return
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}")

    def _running(self) -> bool:
        ended = {"done", "stopped", "cancelled", "failed"}
        return any(job["state"] not in ended for job in self._get("/api/jobs")["jobs"])

    def _until(self, done: Callable[[], bool]) -> None:
        for _ in range(PATIENCE_MS // 500):
            if done():
                return
            self.page.wait_for_timeout(500)
        raise SystemExit("the studio took too long")

    def _get(self, path: str) -> Any:
        return json.load(urllib.request.urlopen(self.address + path))

    def _post(self, path: str, body: bytes) -> Any:
        request = urllib.request.Request(self.address + path, body)
        request.add_header("content-type", "application/json")
        return json.load(urllib.request.urlopen(request))


@contextmanager
def studio(folder: Path) -> Iterator[str]:
    """Run a studio; yields its address."""
    words = [sys.executable, "-m", "impasto", "studio", "--no-browser", "--port", "0"]
    with subprocess.Popen([*words, "--folder", folder], stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        found = re.search(r"http://\S+", run.stderr.readline())
        if not found:
            raise SystemExit(run.stderr.read())
        try:
            yield found[0].rstrip("/")
        finally:
            run.terminate()


@contextmanager
def tab() -> Iterator[Any]:
    """Open a browser; yields a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport=VIEW, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


if __name__ == "__main__":
    main()
