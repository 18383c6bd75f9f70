"""The build's hook: compile the native library with Zig's C compiler, which comes as a wheel.

Where that fails the package is built without, and paints by tensor operations: what failed is
told by `impasto doctor`. A wheel is for the machine it is built on, or for the one in `TARGETS`
that the environment variable IMPASTO_TARGET names; IMPASTO_TARGET=any builds one without. Wheels
also hold the example pictures that `impasto paper` paints where no others are given.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("src/impasto/native")
FLAGS = (
    "-O3",
    # Not "fast": what is fused must not hang on how wide a vector is (vector.h).
    "-ffp-contract=on",
    "-fno-math-errno",
    "-fvisibility=hidden",
    # No C library is needed, so none is made for another system, which would take minutes.
    "-fno-builtin",
    "-nostdlib",
    "-shared",
    "-s",
)
NOTE = "not_built.txt"
# Those that sheets/subjects.py names; the other examples would make wheels twice as large.
EXAMPLES = ("coffee", "rocket", "swirl", "woodblock", "ink")


class Target(NamedTuple):
    """A machine that wheels are built for, as Zig and as pip name it."""

    zig: str
    tag: str
    suffix: str
    processors: dict[str, str]  # a library's name -> Zig's name of the processor


_X86 = {name: name for name in ("x86_64", "x86_64_v3", "x86_64_v4")}
_ARM = {"aarch64": "generic"}
TARGETS = {
    "linux-x86_64": Target("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64", ".so", _X86),
    "linux-aarch64": Target("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64", ".so", _ARM),
    "macos-aarch64": Target(
        "aarch64-macos.12.0", "macosx_12_0_arm64", ".dylib", {"aarch64": "apple_m1"}
    ),
    "windows-x86_64": Target("x86_64-windows-gnu", "win_amd64", ".dll", _X86),
    "windows-aarch64": Target("aarch64-windows-gnu", "win_arm64", ".dll", _ARM),
}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_SYSTEMS = {"darwin": "macos", "win32": "windows"}


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds a library for each kind of processor beside its source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell hatchling what goes where."""
        if self.target_name != "wheel":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="impasto-build-")
        made = self._made(Path(self._folder.name))
        beside = Path(self.root, SOURCE)
        for old in (*beside.glob("kernel_*.*"), beside / NOTE):
            old.unlink(missing_ok=True)
        for path in made:
            if version == "editable":  # the source is what will be imported
                (beside / path.name).write_bytes(path.read_bytes())
            else:
                build_data["force_include"][str(path)] = f"impasto/native/{path.name}"
        if version == "editable":  # which has the example pictures beside it
            return
        for name in EXAMPLES:
            path = Path(self.root, "examples", f"{name}.jpg")
            build_data["force_include"][str(path)] = f"impasto/sheets/examples/{path.name}"
        if made[0].name != NOTE:
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{TARGETS[asked()].tag}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was compiled."""
        if self.target_name == "wheel":
            self._folder.cleanup()

    def _made(self, folder: Path) -> list[Path]:
        """Return the libraries in a folder, or the note of why there are none."""
        try:
            return compiled(TARGETS[asked()], Path(self.root, SOURCE), folder)
        except KeyError:
            reason = f"there is none for {asked()}"
        except (OSError, subprocess.SubprocessError) as fault:
            told = getattr(fault, "stderr", None) or str(fault)
            reason = f"the compiler failed: {told.strip().splitlines()[-1]}"
            self.app.display_warning(f"impasto is built without its native library: {reason}")
        note = folder / NOTE
        note.write_text(reason, "utf-8")
        return [note]


def asked() -> str:
    """Return the name of the target to build for."""
    machine = platform.machine().lower()
    here = f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_MACHINES.get(machine, machine)}"
    return os.environ.get("IMPASTO_TARGET") or here


def compiled(target: Target, source: Path, folder: Path) -> list[Path]:
    """Compile the C files of `source` into `folder`, once for each kind of processor.

    Raises subprocess.SubprocessError where the compiler fails or is not there.
    """
    files = [str(path) for path in sorted(source.glob("*.c"))]
    cache = {f"ZIG_{kind}_CACHE_DIR": str(folder / "cache") for kind in ("GLOBAL", "LOCAL")}
    made = []
    for name, processor in target.processors.items():
        made.append(folder / f"kernel_{name}{target.suffix}")
        position = () if target.suffix == ".dll" else ("-fPIC",)
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *position]
        command += ["-target", target.zig, f"-mcpu={processor}", *files, "-o", str(made[-1])]
        subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=600, env=os.environ | cache
        )
    return made
