"""A film's scenes on a real Ray, whose workers die."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from clips import encode, pan, photograph
from PIL import Image

from impasto.cli import main

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
ray = pytest.importorskip(
    "ray", reason="Ray is not installed: pip install 'impasto[cluster]', where it has a wheel"
)

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(600),  # other tests may take the processors
    pytest.mark.skipif(sys.platform == "win32", reason="kills workers by signals"),
]

QUICK = [
    *("--size", "64", "--levels", "1", "--iterations", "4", "--threads", "1"),
    *("--style-layers", "relu1_1", "--content-layers", "relu1_2", "--faces", "style"),
]
_PAINTING = "ray::RemotePainter.paint"


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    photos = photograph("pagoda.jpg", 110), photograph("chelsea.jpg", 110)
    frames = [frame for photo in photos for frame in pan(photo, 4, 48, 64, 1.5)]
    film = encode(tmp_path / "in.mp4", frames)
    style = tmp_path / "style.png"
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(style)
    return ["film", str(film), str(style), *QUICK]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 2, "object_store_memory": 100 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster.address
    cluster.shutdown()


@contextlib.contextmanager
def _one_dies() -> Iterator[list[int]]:
    """Kill the first worker that is seen to paint while the block goes on."""
    killed: list[int] = []

    def kill() -> None:
        limit = time.monotonic() + 60
        while not killed and time.monotonic() < limit:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if process.cmdline()[:1] == [_PAINTING] and not killed:
                        os.kill(process.pid, signal.SIGKILL)
                        killed.append(process.pid)
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    yield killed
    thread.join()


def test_scenes_are_painted_by_workers_one_of_which_dies(address, words, tmp_path, capsys):
    there, here = tmp_path / "there" / "%d.png", tmp_path / "here" / "%d.png"
    with _one_dies() as killed:
        assert main([*words, "-o", str(there), "--ray", address]) == 0
    assert killed
    assert f"painted {there} (8 frames)" in capsys.readouterr().err
    assert {path.name for path in there.parent.iterdir()} == {f"{n}.png" for n in range(1, 9)}
    assert main([*words, "-o", str(here)]) == 0
    for path in here.parent.iterdir():
        assert (there.parent / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_a_scene_fails_by_is_said_and_the_others_are_kept(address, words, tmp_path, capsys):
    shot, out = tmp_path / "shot", tmp_path / "out.mp4"
    shot.mkdir()
    with av.open(words[1]) as film:
        for number, frame in enumerate(film.decode(video=0), 1):
            frame.to_image().save(shot / f"{number}.png")
    whole = (shot / "7.png").read_bytes()
    (shot / "7.png").write_bytes(whole[: len(whole) // 2])
    words = ["film", str(shot / "%d.png"), *words[2:], "-o", str(out), "--ray", address]
    assert main(words) == 3
    err = capsys.readouterr().err
    assert "1 of 2 scenes failed: " in err
    assert "7.png" in err
    assert "the same command goes on" in err
    frames = sorted(path.name for path in (tmp_path / "out.mp4.frames").glob("*.png"))
    assert frames == [f"{number:06}.png" for number in range(6)]


@pytest.mark.parametrize("word", [["--loop"], ["--shard", "1/2"], ["--preview"]])
def test_what_cannot_be_shared_out_is_refused(words, word, tmp_path, capsys):
    assert main([*words, "-o", str(tmp_path / "out.mp4"), *word, "--ray"]) == 2
    assert word[0] in capsys.readouterr().err
