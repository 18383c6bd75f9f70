"""What pictures are read from: files, pipes, and what is neither."""

import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from impasto import PictureError, UsageError
from impasto.reading.load import load


def _stdin(data: bytes) -> SimpleNamespace:
    return SimpleNamespace(buffer=io.BytesIO(data))


def _closed() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(b"picture"))
    stream.close()
    return stream


def _detached() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(b"picture"))
    stream.detach()
    return stream


def test_stdin_needs_no_temporary_folder(photo: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", _stdin(photo.read_bytes()))
    monkeypatch.setattr("tempfile.tempdir", "/proc/nowhere")
    picture, by_path = load(Path("-")), load(photo)
    assert np.array_equal(picture.array, by_path.array)
    assert picture.origin.source.sha256 == by_path.origin.source.sha256
    assert picture.origin.source.name == "stdin"


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (_stdin(b""), "stdin is empty"),
        (None, "stdin is closed"),
        (_closed(), r"stdin cannot be read: .*closed.*; give a file"),
        (_detached(), "stdin is closed"),
        (SimpleNamespace(), "stdin cannot be read"),
        (io.StringIO("text"), "stdin holds text"),
        (SimpleNamespace(buffer=SimpleNamespace(read=lambda _: None)), "stdin is empty"),
        (_stdin(b"no picture"), "stdin is not a picture"),
    ],
)
def test_what_is_wrong_with_stdin_is_said(stdin, message: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(PictureError, match=message):
        load(Path("-"))


def test_missing_files_and_folders_are_usage_errors(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no file"):
        load(tmp_path / "none.jpg")
    with pytest.raises(UsageError, match="is a folder"):
        load(tmp_path)
