"""impasto batch: many photographs, in many styles, by one command or several at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from impasto.batch.manifest import read_manifest
from impasto.batch.names import FIELDS, TEMPLATE, check_template
from impasto.cli.clusters import ray_address, ray_options
from impasto.cli.files import PATH, map_options, reading_options, writing_options
from impasto.cli.options import (
    GroupedCommand,
    at_least,
    given,
    of_group,
    settings_options,
    telling_options,
)
from impasto.errors import UsageError
from impasto.jobs.shard import Shard, asked_shard
from impasto.settings.readers import read_integer, word_or

_EXAMPLES = (
    ("A folder in two styles:", "impasto batch photos --style one.jpg --style two.jpg -o painted"),
    (
        "Folders within folders, kept apart:",
        "impasto batch 'photos/**/*.jpg' --style one.jpg -o painted --name "
        "'{folder}/{content}.jpg'",
    ),
    ("Each with options of its own:", "impasto batch --manifest list.csv -o painted"),
    (
        "What would be painted, and how long:",
        "impasto batch photos --style one.jpg -o painted --dry-run",
    ),
    ("The second of four machines:", "impasto batch photos --style one.jpg -o painted --shard 2/4"),
    ("On a Ray cluster:", "impasto batch photos --style one.jpg -o painted --ray head:6379"),
)


@click.command(cls=GroupedCommand, examples=_EXAMPLES, no_args_is_help=True)
@click.argument("photos", metavar="PHOTO|FOLDER|GLOB...", nargs=-1)
@click.option(
    *("--style", "styles"),
    metavar="PICTURE",
    multiple=True,
    type=PATH,
    help="A style, again for each of several: every photograph is painted in every one.",
)
@click.option(
    "--manifest",
    metavar="FILE",
    type=PATH,
    help="A list of pictures in place of PHOTO, as CSV or JSON lines: columns content, style, "
    "output and any option.",
)
@click.option(
    *("-o", "--output"),
    metavar="FOLDER",
    required=True,
    type=PATH,
    help="Where the results go, and the journal of what is done; made if it is not there.",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    default=TEMPLATE,
    help=f"What results are called, of {', '.join(f'{{{name}}}' for name in FIELDS)}. "
    f"[default: {TEMPLATE}]",
)
@click.option("--overwrite", is_flag=True, help="Paint all again, also what is there.")
@click.option(
    "--shard",
    metavar="I/N",
    help="Paint only the Ith of N shares. [default: this task's of a Slurm array, else all]",
)
@click.option(
    "--at-once",
    metavar="auto|N",
    default="auto",
    callback=at_least(1, word_or("auto", read_integer)),
    help="How many pictures this process paints at once, each as it would be alone. 'auto' paints "
    "two where they are small, on a CPU with memory for both.",
)
@ray_options
@click.option(
    "--send-back",
    is_flag=True,
    cls=of_group("Cluster"),
    help="Results are sent to this machine, for FOLDER is not on the workers'; photographs and "
    "styles must be.",
)
@click.option("--dry-run", is_flag=True, help="List what would be painted, and how long it takes.")
@telling_options
@map_options
@reading_options
@writing_options
@settings_options
def batch(photos: tuple[str, ...], **flags: Any) -> None:
    """Paint many photographs, each in every --style, into FOLDER.

    Takes the options of `impasto paint` for all of them. What is there is not painted again, what
    was stopped goes on, what cannot be painted is listed at the end: give the same command again
    until it exits with 0. Several processes may paint into one FOLDER at once.
    """
    given(flags)  # so that a wrong flag is answered before torch is loaded
    check_template(flags["name"])
    shard = asked_shard(flags["shard"], os.environ) or Shard()
    manifest: Path | None = flags["manifest"]
    if bool(photos) == (manifest is not None):
        raise UsageError("give photographs, folders or patterns, or else a --manifest")
    address = ray_address(flags["ray"])
    rows = None if manifest is None else read_manifest(manifest)
    from impasto.cli import batching

    batching.batch(photos, rows, shard, address, flags)
