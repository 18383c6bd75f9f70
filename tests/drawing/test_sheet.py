"""Labelled sheets: pictures pixel by pixel, letters that find room."""

import numpy as np
import pytest
from conftest import random_pixels

from impasto.drawing.sheet import Layout, Panel, draw_sheet


def _layout(**more) -> Layout:
    panels = [Panel(random_pixels(40, 60, seed), f"title {seed}", "a note") for seed in range(3)]
    given = {
        "title": "A sheet",
        "panels": [*panels, None],
        "rows": ("1", "2"),
        "columns": ("a", "b"),
    }
    return Layout(**{**given, **more})


def _has(sheet: np.ndarray, picture: np.ndarray) -> bool:
    height, width = picture.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(sheet[..., 0], (height, width))
    places = np.argwhere((windows[..., 0] == picture[:, 0, 0]).all(-1))
    return any(
        np.array_equal(sheet[top : top + height, left : left + width], picture)
        for top, left in places
    )


def test_every_picture_is_there_pixel_by_pixel():
    layout = _layout()
    sheet = draw_sheet(layout)
    assert sheet.dtype == np.uint8
    assert all(_has(sheet, panel.image) for panel in layout.panels if panel)
    assert np.array_equal(sheet, draw_sheet(layout))


@pytest.mark.parametrize("name", ["title", "rows", "columns", "row_title", "column_title"])
def test_every_label_is_written(name: str):
    words = {"rows": ("x", "y"), "columns": ("x", "y")}.get(name, "other words")
    one, other = draw_sheet(_layout()), draw_sheet(_layout(**{name: words}))
    assert one.shape != other.shape or not np.array_equal(one, other)


def test_words_that_are_too_long_are_cut_and_odd_ones_harmless():
    for words in ("long " * 60, "\u661f\u6708\u591c", "a\nb\x1b[31m", "$x^2$ \\frac"):
        sheet = draw_sheet(_layout(title=words, columns=(words, "b"), rows=(words, "2")))
        # Nothing is written beyond the margin.
        assert (sheet[:, :8] == 255).all()
        assert (sheet[:, -8:] == 255).all()


def test_pictures_of_several_sizes_do_not_overlap():
    panels = [Panel(random_pixels(*size, 1)) for size in ((40, 60), (70, 30), (20, 90), (50, 50))]
    sheet = draw_sheet(_layout(panels=panels))
    assert all(_has(sheet, panel.image) for panel in panels)
