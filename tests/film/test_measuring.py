"""Films are judged by how far a frame is from the one before, moved along."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import encode, pan, photograph
from PIL import Image

from impasto.cli import main
from impasto.film.contact import contact_sheet
from impasto.film.measuring import measure_film
from impasto.film.sequences import numbered
from impasto.film.sources import open_clip
from impasto.pictures.limits import Reading
from impasto.reading.sources import as_picture

FILMED = pan(photograph("pagoda.jpg", 160), 6, 72, 96, 1.0)


def _saved(folder: Path, frames: list[np.ndarray]) -> Path:
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        pixels = np.rint(frame.clip(0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(numbered(folder / "%04d.png", number))
    return folder / "%04d.png"


def _judged(result: Path, content: Path, against: Path | None = None):
    clips = [open_clip(path, Reading(), 10) for path in (result, content)]
    other = None if against is None else open_clip(against, Reading(), 10)
    return measure_film(*clips, other)


def _flickering(amount: float) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [one + rng.normal(0, amount, one.shape).astype(np.float32) for one in FILMED]


def test_what_flickers_more_has_a_larger_warping_error(tmp_path: Path):
    filmed = _saved(tmp_path / "filmed", FILMED)
    little, much = (_saved(tmp_path / f"{a}", _flickering(a)) for a in (0.02, 0.1))
    figures = _judged(little, filmed, much)
    assert figures.content.error < 0.02
    # Two frames' noise, of which moving by whole pixels takes nothing.
    assert figures.result.error == pytest.approx(0.02 * 2**0.5, rel=0.5)
    assert figures.against.error > 3 * figures.result.error
    assert len(figures.seconds) == 6
    assert len(figures.result.warping) == 5


def test_a_film_that_darkens_and_dulls_drifts(tmp_path: Path):
    still = [FILMED[0]] * 20
    dark = [0.5 + (1 - 0.01 * n) * (one - 0.5) - 0.005 * n for n, one in enumerate(still)]
    figures = _judged(_saved(tmp_path / "dark", dark), _saved(tmp_path / "filmed", still))
    assert figures.content.mean_drift == figures.content.contrast_drift == 0
    assert figures.result.mean_drift < -0.05
    assert figures.result.contrast_drift == pytest.approx(-0.12, abs=0.03)


def test_a_cut_has_no_warping_error(tmp_path: Path):
    cut = [*FILMED[:3], *pan(photograph("coffee.jpg", 160), 3, 72, 96, 1.0)]
    filmed = _saved(tmp_path / "filmed", cut)
    figures = _judged(filmed, filmed)
    assert [one is None for one in figures.content.warping] == [False, False, True, False, False]


def test_frames_are_compared_with_what_was_filmed_at_their_time(tmp_path: Path):
    film = encode(tmp_path / "in.mp4", FILMED)
    later = encode(
        tmp_path / "later.mp4", FILMED[2::2], tick=open_clip(film, Reading()).tick, times=[0, 2048]
    )
    clips = open_clip(later, Reading()), open_clip(film, Reading())
    right, wrong = (measure_film(*clips, start=start) for start in (0.2, 0.0))
    assert right.result.mean == pytest.approx(right.content.mean, abs=0.003)
    assert abs(wrong.result.mean[0] - wrong.content.mean[0]) > 0.003


def test_figures_are_lines_json_and_a_curve(tmp_path: Path, capsys):
    filmed = _saved(tmp_path / "filmed", FILMED)
    much = _saved(tmp_path / "much", _flickering(0.1))
    little = _saved(tmp_path / "little", _flickering(0.02))
    words = ["measure", "film", str(little), "--content", str(filmed), "--against"]
    assert main([*words, str(much.parent)]) == 0
    said = capsys.readouterr().out
    assert "one by one" in said
    assert "times that of frames painted one by one" in said
    plot = tmp_path / "curve.svg"
    assert main([*words, str(much), "--json", "--plot", str(plot)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["result"]["error"] < found["against"]["error"]
    assert len(found["seconds"]) == 6
    assert plot.exists()
    assert main([*words, str(much), "--plot", str(plot)]) == 2
    (tmp_path / "none").mkdir()
    assert main([*words, str(tmp_path / "none")]) == 2


def test_fewer_frames_are_no_comparison(tmp_path: Path, capsys):
    filmed = _saved(tmp_path / "filmed", FILMED)
    few = _saved(tmp_path / "few", FILMED[:3])
    words = ["measure", "film", str(filmed), "--content", str(filmed), "--against", str(few)]
    assert main(words) == 2
    assert "has 3 frames" in capsys.readouterr().err


def test_a_picture_is_still_judged_as_one(tmp_path: Path, capsys):
    path = tmp_path / "one.png"
    Image.fromarray(np.rint(FILMED[0] * 255).astype(np.uint8)).save(path)
    assert main(["measure", str(path)]) == 0
    assert "clipped" in capsys.readouterr().out


def test_a_contact_sheet_shows_every_frame():
    frames = [as_picture(frame) for frame in FILMED]
    sheet = np.asarray(contact_sheet(frames, [n / 10 for n in range(6)])).astype(float) / 255
    assert sheet.shape == (2 * 72 + 4, 3 * 96 + 8, 3)
    last = sheet[76:, 200:]
    assert np.abs(last[20:] - FILMED[5][20:]).max() < 0.01


def test_the_gap_of_a_loop_is_that_from_its_last_frame_to_its_first(tmp_path: Path):
    filmed = [*FILMED, *FILMED[-2:0:-1]]  # there and back
    painted = [frame * np.float32(1 - 0.01 * n) for n, frame in enumerate(filmed)]
    figures = _judged(_saved(tmp_path / "dark", painted), _saved(tmp_path / "filmed", filmed))
    assert figures.content.loop_gap == pytest.approx(figures.content.error, rel=0.3)
    assert figures.result.loop_gap > 3 * figures.result.error
    other = [*FILMED, photograph("coffee.jpg", 160)[:72, :96]]
    cut = _saved(tmp_path / "cut", other)
    assert _judged(cut, cut).result.loop_gap is None
