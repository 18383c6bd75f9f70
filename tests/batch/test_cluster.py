"""Batches on a real Ray: two nodes in one machine, whose workers and nodes die."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import random_pixels
from forked import run
from PIL import Image

from impasto.batch.journal import NAME
from impasto.cli import main
from impasto.jobs import crew

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
ray = pytest.importorskip(
    "ray", reason="Ray is not installed: pip install 'impasto[cluster]', where it has a wheel"
)

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(600),  # other tests may take the processors
    pytest.mark.skipif(sys.platform == "win32", reason="kills workers by signals"),
]

SMALL = ["--size", "64", "--levels", "1", "--iterations", "2", "--threads", "1"]
LONG = [*SMALL, "--iterations", "20", "--tolerance", "0"]
# What Ray calls the process of a worker that paints.
_PAINTING = "ray::RemoteWorker.paint"


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[object]:
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    found = Cluster(initialize_head=True, head_node_args=head)
    yield found
    found.shutdown()


@pytest.fixture
def cluster(two_nodes):
    """A cluster of a head and one more node of a CPU each."""
    if len(two_nodes.list_all_nodes()) < 2:
        two_nodes.add_node(num_cpus=1, object_store_memory=100 << 20)
        two_nodes.wait_for_nodes()
    return two_nodes


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(4):
        Image.fromarray(random_pixels(48, 64, number)).save(photos / f"{number}.png")
    style = tmp_path / "style.png"
    Image.fromarray(random_pixels(64, 56, 99)).save(style)
    return ["batch", str(photos), "--style", str(style), "-o", str(tmp_path / "out")]


def _done(out: Path) -> Counter[str]:
    lines = (json.loads(line) for line in (out / NAME).read_text().splitlines())
    return Counter(line["output"] for line in lines if line.get("event") == "done")


def _all(count: int = 4) -> Counter[str]:
    return Counter(f"{number}-style.png" for number in range(count))


def _painting() -> list[psutil.Process]:
    """Return the workers that paint just now."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.cmdline()[:1] == [_PAINTING]:
                found.append(process)
    return found


@contextlib.contextmanager
def _meanwhile(action) -> Iterator[None]:
    """Do something as soon as workers paint, while the block goes on."""

    def wait() -> None:
        limit = time.monotonic() + 60
        while not _painting() and time.monotonic() < limit:
            time.sleep(0.02)
        action()

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def test_two_machines_paint_all_but_the_bad_one(cluster, words, tmp_path, capsys):
    (tmp_path / "photos/bad.png").write_text("no picture")
    cut = (tmp_path / "photos/0.png").read_bytes()
    (tmp_path / "photos/cut.png").write_bytes(cut[: len(cut) // 2])
    assert main([*words, *SMALL, "--ray", cluster.address]) == 8
    err = capsys.readouterr().err
    assert "failed: bad-style.png: " in err
    assert "failed: cut-style.png: " in err
    assert "2 of 6 pictures failed" in err
    assert _done(tmp_path / "out") == _all()
    # As one process paints them, to the bit.
    assert main([*words[:-1], str(tmp_path / "here"), *SMALL]) == 8
    for name in _all():
        here = (tmp_path / "here" / name).read_bytes()
        assert (tmp_path / "out" / name).read_bytes() == here


def test_the_picture_of_a_worker_that_dies_is_painted_by_another(cluster, words, tmp_path):
    killed = []

    def kill() -> None:
        victim = _painting()[0]
        killed.append(victim.pid)
        os.kill(victim.pid, signal.SIGKILL)

    with _meanwhile(kill):
        assert main([*words, *LONG, "--ray", cluster.address]) == 0
    assert killed
    assert _done(tmp_path / "out") == _all()


def test_a_picture_whose_workers_die_twice_is_a_failure(cluster, words, tmp_path, capsys):
    over, killed = threading.Event(), set()

    def kill() -> None:
        while len(killed) < 2 and not over.is_set():
            for victim in _painting():
                killed.add(victim.pid)
                with contextlib.suppress(OSError):
                    os.kill(victim.pid, signal.SIGKILL)
            time.sleep(0.02)

    words[1] = str(tmp_path / "photos/0.png")
    with _meanwhile(kill):
        code = main([*words, *LONG, "--iterations", "2000", "--ray", cluster.address])
        over.set()
    assert code == 8
    assert "its worker died 2 times" in capsys.readouterr().err
    assert len(killed) == 2


def test_what_a_removed_machine_painted_is_painted_by_the_others(cluster, words, tmp_path):
    (other,) = cluster.worker_nodes

    def remove() -> None:
        cluster.remove_node(other, allow_graceful=False)

    with _meanwhile(remove):
        assert main([*words, *LONG, "--ray", cluster.address]) == 0
    assert _done(tmp_path / "out") == _all()


def test_results_are_sent_back_where_no_folder_is_shared(cluster, words, tmp_path):
    assert main([*words, *SMALL, "--send-back", "--ray", cluster.address]) == 0
    assert _done(tmp_path / "out") == _all()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {*_all(), NAME, ".impasto-batch.lock"}


def test_a_cancelled_batch_goes_on_with_or_without_ray(words, tmp_path):
    # Without an address, on a Ray of its own.
    command = [sys.executable, "-m", "impasto", *words, *LONG]
    out = tmp_path / "out"
    with subprocess.Popen([*command, "--ray"], stderr=subprocess.PIPE, text=True) as batch:
        limit = time.monotonic() + 90
        while not ((out / NAME).exists() and _done(out)) and time.monotonic() < limit:
            time.sleep(0.05)
        batch.send_signal(signal.SIGTERM)  # which Ray minds as well
        err = batch.communicate(timeout=60)[1]
        assert batch.returncode == 143, err
    assert "pictures are there; the same command goes on" in err
    before = _done(out)
    assert before
    assert run(command).returncode == 0
    assert _done(out) == _all()


def test_a_cluster_that_is_not_there_is_said(words, capsys, monkeypatch):
    assert main([*words, *SMALL, "--ray=photos"]) == 2
    assert "put --ray last" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*words, *SMALL, "--ray"]) == 2
    assert "pip install 'impasto[cluster]'" in capsys.readouterr().err


def test_a_worker_that_no_machine_has_room_for_is_said(cluster, words, capsys):
    assert main([*words, *SMALL, "--threads", "99", "--ray", cluster.address]) == 6
    assert "no machine of the cluster has 99 CPUs" in capsys.readouterr().err


def test_where_no_worker_starts_it_is_said(cluster, words, capsys, monkeypatch):
    monkeypatch.setattr(crew, "_START_SECONDS", 1.0)
    words += [*SMALL, "--threads", "99", "--workers", "1"]
    assert main([*words, "--ray", cluster.address]) == 6
    assert "no worker has started" in capsys.readouterr().err
