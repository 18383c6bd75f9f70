"""Processes that are forked: as `python -m` starts them, or no test that uses them says much."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from forked import Forked, run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forked on Linux")

TELLING = """
import json, os, signal, sys, threading
streams = [(s.encoding, s.errors, s.line_buffering, s.write_through, s.fileno(), s.isatty(),
            type(s.buffer).__name__) for s in (sys.stdin, sys.stdout, sys.stderr)]
print(json.dumps({
    "argv": sys.argv, "path": sys.path[:2], "folder": os.getcwd(), "names": sorted(globals()),
    "given": os.environ.get("GIVEN"), "variables": sorted(os.environ), "umask": os.umask(0),
    "signals": [str(signal.getsignal(n)) for n in signal.valid_signals()],
    "blocked": [str(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
    "threads": threading.active_count(), "is_leader": os.getsid(0) == os.getpid(),
    "streams": streams, "files": len(os.listdir("/proc/self/fd")), "said": sys.stdin.read(),
}))
sys.exit(7)
"""


@pytest.mark.parametrize("words", [["-m"], ["-u", "-m"]], ids=" ".join)
@pytest.mark.parametrize("session", [True, False])
def test_a_forked_process_is_as_python_starts_it(tmp_path: Path, words: list[str], session: bool):
    (tmp_path / "telling.py").write_text(TELLING)
    found = []
    for start in (Forked, subprocess.Popen):
        process = start(
            [sys.executable, *words, "telling", "one", "two"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "GIVEN": "ü"},
            start_new_session=session,
        )
        out, err = process.communicate("päint".encode(), timeout=60)
        assert (process.returncode, err) == (7, b"")
        found.append(json.loads(out))
    assert found[0] == found[1]
    assert found[0]["given"] == "ü"
    assert found[0]["said"] == "päint"


def test_a_forked_process_is_killed_and_waited_for():
    with Forked([sys.executable, "-m", "http.server", "0"], stdout=-1, stderr=-1) as process:
        assert f"\nPPid:\t{os.getpid()}\n" in Path(f"/proc/{process.pid}/status").read_text()
        assert process.poll() is None
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_forked_process_holds_the_files_it_is_given(tmp_path: Path):
    (tmp_path / "holding.py").write_text("import os, sys; os.write(int(sys.argv[1]), b'held')")
    reader, writer = os.pipe()
    words = [sys.executable, "-m", "holding", str(writer)]
    with Forked(words, pass_fds=[writer], cwd=tmp_path) as process:
        os.close(writer)
        assert process.wait(60) == 0
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"held"  # and its end: nobody else holds the pipe


def test_an_error_ends_a_forked_process_as_any_other(tmp_path: Path):
    (tmp_path / "failing.py").write_text("raise KeyError('x')")
    words = [sys.executable, "-m", "failing"]
    forked = run(words, text=True, cwd=tmp_path)
    true = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (forked.returncode, forked.stdout) == (true.returncode, true.stdout) == (1, "")
    # Below the way that leads there.
    assert forked.stderr.endswith(true.stderr.split("\n", 1)[1])


def test_what_would_load_otherwise_is_not_forked(tmp_path: Path):
    (tmp_path / "loaded.py").write_text("import sys; print('torch' in sys.modules)")
    words = [sys.executable, "-m", "loaded"]
    for same in ({}, {"LD_LIBRARY_PATH": "x", "PYTHONBREAKPOINT": "y"}):  # by OpenCV and Ray
        environment = {**os.environ, **same}
        assert run(words, text=True, cwd=tmp_path, env=environment).stdout == "True\n"
    other = {**os.environ, "ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "7"}
    assert run(words, text=True, cwd=tmp_path, env=other).stdout == "False\n"


def test_the_server_ends_with_its_test(tmp_path: Path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import forked\n"
        "process = forked.Forked([sys.executable, '-m', 'this'], stdout=-3); process.wait()\n"
        "print(forked._server().pid, flush=True); import os; os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    limit = time.monotonic() + 20
    while Path(f"/proc/{int(done.stdout)}/exe").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    assert not Path(f"/proc/{int(done.stdout)}/exe").exists()
