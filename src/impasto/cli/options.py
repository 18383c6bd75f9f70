"""Flags made from the fields of Settings and Resources, and help that shows them in groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from impasto.settings.layers import VGG19_LAYERS, check_known
from impasto.settings.option import Option, checked, options
from impasto.settings.presets import DEFAULT, NAMES, from_options
from impasto.settings.readers import plain_number, read_integer, show
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings


class GroupedOption(click.Option):
    """A flag that knows the heading of the help it belongs under."""

    group = "Command"


class GroupedCommand(click.Command):
    """A command whose help shows its flags under headings, its examples last."""

    def __init__(
        self,
        *args: Any,
        examples: Sequence[tuple[str, str]] = (),
        beside: Mapping[str, click.Command] | None = None,
        **more: Any,
    ) -> None:
        """Take examples, each its purpose and its words.

        `beside` are commands for other things, which are meant where the first word is their name.
        """
        super().__init__(*args, **more)
        self._examples = examples
        self._beside = beside or {}

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **x: Any
    ) -> click.Context:
        """Read the words, or let the command that is meant read those after its name."""
        if args and args[0] in self._beside:
            name = f"{info_name} {args[0]}"
            return self._beside[args[0]].make_context(name, args[1:], parent, **x)
        return super().make_context(info_name, args, parent, **x)

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
            formatter.write_dl([(words, purpose) for purpose, words in self._examples])


def adding(*added: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make what adds options to a command, in this order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(added):
            command = option(command)
        return command

    return add


def options_named(
    *names: str, defaults: Settings | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make what adds a flag for each of these fields: strings, or None where it is not given.

    Help shows the fields' own defaults, or those of the settings that are given.
    """
    fields = {**options(Settings), **options(Resources)}
    shown = {name: getattr(defaults, name, default) for name, (_, default) in fields.items()}
    return adding(*(_flag(name, fields[name][0], shown[name]) for name in names))


def _flag(name: str, option: Option, default: Any) -> Callable[..., Any]:
    return click.option(
        f"--{name.replace('_', '-')}",
        cls=of_group(option.group),
        metavar=option.metavar,
        help=describe(option, default),
    )


def given(flags: dict[str, Any]) -> tuple[Settings, Resources]:
    """Return what the flags that were given ask for, over their preset."""
    settings, resources = from_options(asked_for(flags))
    check_layers(settings)
    return settings, resources


def asked_for(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the preset and the options that were given, by name."""
    names = ("preset", *options(Settings), *options(Resources))
    return {name: flags[name] for name in names if flags.get(name) is not None}


def check_layers(settings: Settings) -> None:
    """Refuse unknown layers before torch is loaded; of other weights, it is asked what they have.

    Raises UsageError.
    """
    check_known(settings.layers, VGG19_LAYERS, "VGG-19")


def describe(option: Option, default: Any) -> str:
    """Return a field's help with its range and default, as --help and the page show it."""
    allowed = "" if option.choices else option.describe()
    shown = f"default: {show(default)}" if default != () else ""
    facts = [fact for fact in (allowed, shown) if fact]
    return f"{option.help} [{'; '.join(facts)}]" if facts else option.help


def at_least(
    low: int,
    read: Callable[[Any], float] = read_integer,
    say: Callable[[float], str] = plain_number,
) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Make what checks a number of a flag, and refuses it in the words of every other option."""
    option = Option(help="", group="", metavar="N", read=read, low=low, say=say)

    def check(ctx: click.Context, flag: click.Parameter, value: Any) -> Any:
        label = str(flag.name).replace("_", " ")
        return None if value is None else checked(label, option, value)

    return check


def of_group(group: str) -> type[GroupedOption]:
    """Return the kind of flag that stands under a heading."""
    return type("GroupedOption", (GroupedOption,), {"group": group})


settings_options = adding(
    click.option(
        "--preset",
        metavar="|".join(NAMES) + "|FILE",
        help=f"A named set of options; flags go before it. [default: {DEFAULT}]",
    ),
    options_named(*options(Settings), *options(Resources)),
)

telling_options = adding(
    click.option("--quiet", is_flag=True, help="Say nothing but notes and errors."),
    click.option(
        "--json-progress",
        is_flag=True,
        help="Progress as JSON lines on stdout; all else on stderr.",
    ),
)
