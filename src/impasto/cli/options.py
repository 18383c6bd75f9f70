"""Flags made from the fields of Settings and Resources, and help that shows them in groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from impasto.settings import Option, Resources, Settings, options, show


class GroupedOption(click.Option):
    """A flag that knows the heading of the help it belongs under."""

    group = "Command"


class GroupedCommand(click.Command):
    """A command whose help shows its flags under headings, its examples last."""

    examples: tuple[tuple[str, str], ...] = ()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section for each group, in the order the groups first appear."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                heading = getattr(parameter, "group", "Command")
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records)
        with formatter.section("Examples"):
            formatter.write_dl([(command, text) for text, command in self.examples])


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for every field of Settings and Resources; they arrive as strings or None."""
    fields = {**options(Settings), **options(Resources)}
    for name, (option, default) in reversed(fields.items()):
        command = click.option(
            f"--{name.replace('_', '-')}",
            cls=_of_group(option.group),
            metavar=option.metavar,
            help=describe(option, default),
        )(command)
    return command


def describe(option: Option, default: Any) -> str:
    """Return a field's help with its range and default, as --help and the page show it."""
    allowed = "" if option.choices else option.describe()
    facts = [fact for fact in (allowed, _default(default)) if fact]
    return f"{option.help} [{'; '.join(facts)}]"


def _default(default: Any) -> str:
    return f"default: {show(default)}" if default != () else ""


def _of_group(group: str) -> type[GroupedOption]:
    return type("GroupedOption", (GroupedOption,), {"group": group})
