"""The floors of docs/map.md: a room may import only rooms below it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import impasto

SOURCE = Path(impasto.__file__).parent
ROOT = Path(__file__).parents[1]

# Highest first. Rooms on one floor do not know each other.
FLOORS = [
    ["cli"],
    ["batch", "film", "sheets", "studio"],
    ["workshop"],
    ["jobs"],
    ["engine", "measures", "testing"],
    ["objective"],
    ["scene"],
    ["computing"],
    ["optimizers", "planning"],
    ["tiles"],
    ["losses", "network"],
    ["drawing", "native", "reading"],
    ["tiff"],
    ["pictures"],
    ["sharing"],
    ["memory", "profiles"],
    ["schema"],
    ["settings", "shortage"],
    ["files"],
    ["errors"],
]
ROOM_FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{name.name}" for name in node.names]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        found += [(node.lineno, name) for name in names if name.startswith("impasto.")]
    return found


def test_rooms_import_only_downwards():
    for path in sorted(SOURCE.rglob("*.py")):
        room = _room(path)
        if room not in ROOM_FLOOR:
            assert path.name in ("__init__.py", "__main__.py"), f"{path} is in no room"
            continue
        for line, name in _imports(path):
            target = name.split(".")[1]
            below = target == room or ROOM_FLOOR[target] > ROOM_FLOOR[room]
            assert below, f"{path}:{line}: {room} may not import {name}"


def test_no_room_holds_more_than_12_per_cent():
    lines: dict[str, int] = {}
    for path in SOURCE.rglob("*.py"):
        lines[_room(path)] = lines.get(_room(path), 0) + len(path.read_text("utf-8").splitlines())
    largest = max(lines, key=lambda room: lines[room])
    assert lines[largest] <= 0.12 * sum(lines.values()), f"{largest} has {lines[largest]} lines"


def test_every_room_is_on_the_map():
    drawn = (ROOT / "docs/map.md").read_text("utf-8")
    for room in ROOM_FLOOR:
        assert f"  {room}" in drawn, f"docs/map.md does not draw {room}"
    for path in SOURCE.glob("*/*.py"):
        said = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]
        known = path.stem == "__init__" or f"- `{path.stem}`: {said.rstrip('.')}\n" in drawn
        assert known, f"docs/map.md has another sentence for {path}"


def test_every_folder_of_tests_is_a_room():
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders <= set(ROOM_FLOOR)
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert packages <= set(ROOM_FLOOR)
    assert packages <= folders


def test_no_room_is_a_drawer():
    names = {path.stem for path in SOURCE.rglob("*.py")}
    assert not names & {"utils", "util", "helpers", "common", "base", "misc"}


def test_public_names_exist_and_are_all():
    for name in impasto.__all__:
        assert name == "PictureSource" or getattr(impasto, name).__name__ == name
    assert impasto.__version__
    with pytest.raises(AttributeError, match="paint_it"):
        _ = impasto.paint_it


@pytest.mark.parametrize("words", ["import impasto", "from impasto.cli import main; main(['-h'])"])
def test_starting_loads_no_torch(words: str):
    code = f"import sys; {words}; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
