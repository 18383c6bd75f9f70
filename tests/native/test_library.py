"""Which library is loaded, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from impasto.native import library as module
from impasto.native.library import Library, Missing, library


def _load(monkeypatch: pytest.MonkeyPatch, asked: str) -> Library | Missing:
    monkeypatch.setenv("IMPASTO_NATIVE", asked)
    return library.__wrapped__()


def test_the_best_for_the_processor_is_loaded(monkeypatch: pytest.MonkeyPatch):
    if not isinstance(library(), Library):
        pytest.skip(f"no native library: {library()}")
    for capability, name in (("AVX2", "AVX2"), ("DEFAULT", "SSE2"), ("VSX", "SSE2")):
        monkeypatch.setattr(
            torch.backends.cpu, "get_cpu_capability", lambda found=capability: found
        )
        monkeypatch.setattr(module, "machine", lambda: "x86_64")
        if module._path("x86_64").is_file():
            assert _load(monkeypatch, "").name == name


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("0", "switched off by IMPASTO_NATIVE=0"),
        ("", "none was built when impasto was installed"),
    ],
)
def test_what_is_missing_is_said(asked: str, reason: str, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "_path", lambda name: tmp_path / name)
    assert _load(monkeypatch, asked) == Missing(reason)


@pytest.mark.parametrize("asked", ["z80", "/nowhere/kernel.so"])
def test_what_is_asked_for_and_is_no_library_is_said(asked: str, monkeypatch: pytest.MonkeyPatch):
    assert f"IMPASTO_NATIVE={asked} is no library" in _load(monkeypatch, asked).reason


def test_a_processor_without_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "machine", lambda: "riscv64")
    assert "riscv64" in _load(monkeypatch, "").reason


def test_a_damaged_library_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "kernel_x86_64.so"
    path.write_bytes(b"no machine code")
    found = _load(monkeypatch, str(path))
    assert isinstance(found, Missing)
    assert found.reason.startswith("it cannot be loaded")
