"""What lies where in a job's folder."""

from __future__ import annotations

from pathlib import Path

CHECKPOINT = "checkpoint"
PREVIEW = "preview.jpg"


def step_state(folder: Path, n: int) -> Path:
    """Return where a step lies that may be gone back to."""
    return folder / "steps" / f"{n}.state"


def step_picture(folder: Path, n: int) -> Path:
    """Return where such a step's picture lies."""
    return folder / "steps" / f"{n}.jpg"


def frames(folder: Path) -> list[Path]:
    """Return the pictures of a job's film, the first first."""
    found = (folder / "frames").glob("*.jpg")
    return sorted((path for path in found if path.stem.isdecimal()), key=lambda p: int(p.stem))


def frame(folder: Path, evaluations: int) -> Path:
    """Return where a picture of the film lies."""
    return folder / "frames" / f"{evaluations}.jpg"
