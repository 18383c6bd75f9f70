"""Everything that a film can be read from."""

from __future__ import annotations

from pathlib import Path

from impasto.film.animations import animated_clip, is_animation
from impasto.film.clip import Clip
from impasto.film.containers import container_clip
from impasto.film.sequences import is_pattern, sequence_clip
from impasto.pictures.limits import Reading
from impasto.reading.inputs import opened_input
from impasto.reading.opening import HEAD

_FILMS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"}


def open_clip(path: Path, reading: Reading, fps: float | None = None) -> Clip:
    """Look at a film, of whatever kind; `fps` is what numbered pictures are shown at.

    Raises UsageError where there is no such file, PictureError for what is no film, is damaged or
    cut short.
    """
    if is_pattern(path):
        return sequence_clip(path, reading, fps)
    with opened_input(path) as (stream, _):  # whatever may be wrong with a file is said there
        head = stream.read(HEAD)
    return (animated_clip if is_animation(head) else container_clip)(path, reading)


def is_film(path: Path) -> bool:
    """Return whether a name is a film's, and no picture's."""
    return path.suffix.lower() in _FILMS
