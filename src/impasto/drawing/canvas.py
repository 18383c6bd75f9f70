"""Blank pages of matplotlib's, that look the same whatever its user has configured."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.errors import UsageError
from impasto.files import replacing
from impasto.pictures.coding import encoding
from impasto.pictures.quiet import quiet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMS = (".svg", ".png")

DPI = 100

# Else Python prints what it logs, as that its settings' folder cannot be written.
logging.getLogger("matplotlib").addHandler(logging.NullHandler())


@contextlib.contextmanager
def page(width_px: int, height_px: int) -> Iterator[Figure]:
    """Open a blank page, which is drawn on and saved within the block.

    For so long matplotlib's settings, which are the whole process's, are its defaults; pyplot and
    its current figure are left alone.
    """
    check_installed()
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # The caller's module is the one that is warned of letters that the font lacks.
    with quiet("matplotlib", "impasto"), matplotlib.rc_context(_plain_settings()):
        # A little more than the side, of which the canvas takes the whole pixels.
        inches = (width_px + 1e-9) / DPI, (height_px + 1e-9) / DPI
        figure = Figure(figsize=inches, dpi=DPI)
        FigureCanvasAgg(figure)
        yield figure


def pixels(figure: Figure) -> np.ndarray:
    """Return the page as uint8 (H,W,3)."""
    canvas: Any = figure.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def save(figure: Figure, path: Path, *, fresh: bool = False) -> None:
    """Write the page as .svg or .png: the same bytes for the same drawing, letters as outlines.

    Raises OutputError when it cannot be written, or would be `fresh` and replace another.
    """
    form = path.suffix[1:].lower()
    metadata: Any = {"Date": None} if form == "svg" else None
    with replacing(path, fresh=fresh) as stream, encoding(path):
        figure.savefig(stream, format=form, metadata=metadata)


def check_installed() -> None:
    """Make sure that there is something to draw with; raise UsageError where there is not."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as fault:
        raise UsageError("drawing needs its extra: pip install 'impasto[figures]'") from fault
    except ValueError as fault:  # of the environment's MPLBACKEND
        raise UsageError(f"matplotlib, which draws, does not start: {fault}") from fault


def _plain_settings() -> Any:
    """Return matplotlib's own settings: its font, letters as outlines, names that do not change."""
    import matplotlib

    defaults: Any = matplotlib.rcParamsDefault
    # The backend, once set, would choose what the process's other figures are shown by.
    plain = {name: defaults[name] for name in defaults if name != "backend"}
    return {**plain, "svg.hashsalt": "impasto"}
