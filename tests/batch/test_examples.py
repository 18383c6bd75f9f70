"""The files in examples/cluster, as far as they can be tried without a cluster."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.cli.batch import batch

CLUSTER = Path(__file__).parents[2] / "examples/cluster"


def _flags(words: list[str]) -> dict:
    assert words[:2] == ["impasto", "batch"]
    return batch.make_context("batch", words[2:]).params


@pytest.mark.skipif(sys.platform == "win32", reason="a script of bash's")
def test_the_slurm_script_gives_words_that_batch_takes(tmp_path: Path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "activate").write_text(f'export PATH="{programs}:$PATH"\n')
    said = programs / "impasto"
    said.write_text('#!/bin/bash\nprintf "%s\\n" impasto "$@"\n')
    said.chmod(0o755)
    given = ["my photos", "starry.jpg", "painted", "--preset", "fine"]
    done = subprocess.run(
        ["bash", CLUSTER / "slurm_array.sh", *given],
        env={**os.environ, "IMPASTO_VENV": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    flags = _flags(done.stdout.splitlines())
    assert flags["photos"] == ("my photos",)
    assert flags["output"] == Path("painted")
    assert flags["preset"] == "fine"


def test_the_ray_jobs_command_is_one_that_batch_takes():
    yaml = pytest.importorskip(
        "yaml", reason="PyYAML comes with Ray: pip install 'impasto[cluster]'"
    )
    job = yaml.safe_load((CLUSTER / "rayjob.yaml").read_text("utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    flags = _flags(shlex.split(job["spec"]["entrypoint"]))
    assert flags["ray"] == "own"
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for group in groups:
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]
    image = (CLUSTER / "Dockerfile").read_text("utf-8")
    assert f"FROM rayproject/ray:{cluster['rayVersion']}" in image
