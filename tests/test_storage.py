from pathlib import Path

import pytest
import torch
from test_optimizer import _bowl, _pictures, _run

from impasto import OutputError
from impasto.memory import storage
from impasto.memory.storage import Storage, blocks
from impasto.optimizers.lbfgs import LBFGS


def test_scratch_files_hold_numbers_and_leave_nothing_behind(tmp_path: Path):
    vector = Storage(folder=tmp_path).zeros(3, 5)
    vector[1] = 2
    assert vector.shape == (3, 5)
    assert vector.sum() == 10
    assert not list(tmp_path.iterdir())


def test_blocks_cover_a_vector_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage, "BLOCK", 4)
    covered = [i for part in blocks(10) for i in range(10)[part]]
    assert covered == list(range(10))


@pytest.mark.parametrize("scratch", [False, True])
def test_where_and_in_what_blocks_vectors_live_changes_nothing(
    scratch: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    start, target = _pictures()
    plain, _ = _run(LBFGS(start, 6), _bowl(target), 30)
    monkeypatch.setattr(storage, "BLOCK", 7)
    kept = Storage(folder=tmp_path if scratch else None)
    other, _ = _run(LBFGS(start, 6, kept), _bowl(target), 30)
    torch.testing.assert_close(plain, other, rtol=0, atol=1e-9)


def test_a_full_disk_is_answered_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(handle: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_reserve", full)
    with pytest.raises(OutputError, match=r"scratch file of 4\.0 GB .* --scratch"):
        Storage(folder=tmp_path).zeros(1_000_000_000)
    assert not list(tmp_path.iterdir())
