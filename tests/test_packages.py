"""The packages that are built: what is in them, and that they paint where they are installed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from impasto.sheets import subjects

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"

pytestmark = pytest.mark.skipif(
    not (ROOT / "hatch_build.py").is_file() or importlib.util.find_spec("build") is None,
    reason="builds from the source, with the [test] extra",
)
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="there is no ziglang for this platform"
)


def _build(source: Path, to: Path, *what: str, **environment: str) -> list[Path]:
    """Build with no compiler on PATH; return the packages."""
    command = [sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(to), "."]
    alone = to / "no compilers"
    alone.mkdir(parents=True)
    given = {**os.environ, "PATH": str(alone), **environment}
    subprocess.run(command, cwd=source, env=given, check=True, capture_output=True, timeout=250)
    return sorted(path for path in to.iterdir() if path.is_file())


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel and the sdist that it was built from."""
    return _build(_source(tmp_path_factory.mktemp("source")), tmp_path_factory.mktemp("dist"))


def _source(folder: Path) -> Path:
    """Copy what is under version control, or would be."""
    ignored = shutil.ignore_patterns(
        ".*", "kernel_*", "not_built.txt", "__pycache__", "dist", "build", "*.egg-info"
    )
    shutil.copytree(ROOT, folder, ignore=ignored, dirs_exist_ok=True)
    return folder


def _installed(wheel: Path, folder: Path) -> Path:
    """Install a wheel in a fresh environment, beside the packages it needs; return its python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # Its own path comes before, so that this checkout's impasto is not found.
    (site / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin/python"


def _run(python: Path, *words: str) -> str:
    # Of threads as many as the tests have: more wait for each other, and busily.
    kept = {name: os.environ[name] for name in ("HOME", "OMP_NUM_THREADS") if name in os.environ}
    done = subprocess.run(
        [python, *words], env={"PATH": "", **kept}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _impasto(python: Path, *words: str) -> str:
    return _run(python, "-m", "impasto", *words)


def _paint(python: Path, to: Path) -> str:
    """Paint a small picture; return which kernel its recipe names."""
    pictures = (str(EXAMPLES / "coffee.jpg"), str(EXAMPLES / "woodblock.jpg"))
    _impasto(python, "paint", *pictures, "--output", str(to), "--size", "64", "--iterations", "2")
    return re.search(r'"kernel": ?"(\w+)"', _impasto(python, "recipe", str(to)))[1]


@needs_zig
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for Linux' libraries")
def test_a_wheel_has_a_library_for_every_processor_and_paints(packages, tmp_path: Path):
    wheel, sdist = sorted(packages, key=lambda path: path.suffix, reverse=True)
    assert "manylinux_2_17" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    # What `impasto paper` paints where no pictures are given.
    shipped = {name for name in names if name.startswith("impasto/sheets/examples/")}
    painted = (subjects.CONTENT, *subjects.STYLES, subjects.PHOTO)
    assert shipped == {f"impasto/sheets/examples/{name}" for name in painted}
    built = [name for name in names if "/kernel_" in name]
    assert len(built) == (3 if "x86_64" in wheel.name else 1)
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert [name for name in names if name.endswith("/hatch_build.py")]
    assert not [name for name in names if "/kernel_" in name]
    python = _installed(wheel, tmp_path / "fresh")
    assert _paint(python, tmp_path / "painted.png") == "native"
    findings = {one["name"]: one for one in json.loads(_impasto(python, "doctor", "--json"))}
    assert "machine code" in findings["kernel"]["found"]


def test_a_build_that_fails_gives_a_wheel_that_paints(tmp_path: Path):
    source = _source(tmp_path / "source")
    with (source / "src/impasto/native/gram.c").open("a") as file:
        file.write("#error broken on purpose\n")
    (wheel,) = _build(source, tmp_path / "dist", "--wheel")
    assert wheel.name.endswith("py3-none-any.whl")
    python = _installed(wheel, tmp_path / "fresh")
    assert _paint(python, tmp_path / "painted.png") == "tensor"
    # All that the doctor does is done for the other wheel.
    told = _run(python, "-c", "from impasto.cli import doctor; print(*doctor._kernel())")
    assert "tensor operations" in told
    assert "compiler failed" in told


@needs_zig
@pytest.mark.parametrize(
    ("target", "tag", "magic"),
    [
        ("macos-aarch64", "macosx_12_0_arm64", b"\xcf\xfa\xed\xfe"),
        ("windows-x86_64", "win_amd64", b"MZ"),
        ("linux-aarch64", "manylinux_2_17_aarch64", b"\x7fELF"),
    ],
)
def test_wheels_for_other_machines_are_built_here(target, tag, magic, tmp_path: Path):
    """They cannot be run here."""
    source = _source(tmp_path / "source")
    (wheel,) = _build(source, tmp_path / "dist", "--wheel", IMPASTO_TARGET=target)
    assert wheel.name.endswith(f"py3-none-{tag}.whl")
    archive = zipfile.ZipFile(wheel)
    built = [name for name in archive.namelist() if "/kernel_" in name]
    assert built
    assert all(archive.read(name).startswith(magic) for name in built)
