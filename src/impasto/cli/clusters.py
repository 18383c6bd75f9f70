"""Options of what is done on a Ray cluster."""

from __future__ import annotations

import os
import re

import click

from impasto.cli.options import adding, at_least, of_group
from impasto.errors import UsageError

# What --ray is where no address is given.
_OWN = "own"

ray_options = adding(
    click.option(
        "--ray",
        metavar="[ADDRESS]",
        is_flag=False,
        flag_value=_OWN,
        cls=of_group("Cluster"),
        help="Paint by Ray's workers, on the cluster at ADDRESS (HOST:PORT, or auto); without one, "
        "on this machine. Stands last, or as --ray=ADDRESS.",
    ),
    click.option(
        "--workers",
        metavar="N",
        cls=of_group("Cluster"),
        callback=at_least(1),
        help="How many. [default: one for each GPU, else for every --threads CPUs of each machine, "
        "4 where that is auto]",
    ),
)


def ray_address(text: str | None) -> str | None:
    """Return where Ray is to be found, None without it; a Ray of our own where nothing is said."""
    if text is None:
        return None
    if text == _OWN:  # as Ray has it: set in the jobs of a cluster
        return os.environ.get("RAY_ADDRESS") or "local"
    if text in ("auto", "local") or re.fullmatch(r"(ray://)?[\w.\-\[\]:]+:\d+", text):
        return text
    raise UsageError(
        f"--ray cannot be {text!r}; give HOST:PORT or auto, or put --ray last, which starts a Ray "
        "on this machine"
    )
