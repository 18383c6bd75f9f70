"""impasto presets: what the named sets of options hold."""

from __future__ import annotations

import click

from impasto.cli.telling import answer
from impasto.settings.presets import DEFAULT, NAMES, read_preset


@click.group(no_args_is_help=True)
def presets() -> None:
    """List and show the named sets of options that --preset takes."""


@presets.command(name="list")
def list_() -> None:
    """List the presets that come with impasto."""
    width = max(map(len, NAMES))
    for name in NAMES:
        mark = " (the default)" if name == DEFAULT else ""
        answer(f"{name:<{width}}  {read_preset(name).description}{mark}")


@presets.command(no_args_is_help=True)
@click.argument("name")
def show(name: str) -> None:
    """Show a preset as a TOML file to save, change and give to --preset."""
    answer(read_preset(name).text.removesuffix("\n"))
