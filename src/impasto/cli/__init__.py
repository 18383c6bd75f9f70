"""The command line: arguments in, exit codes and one line of error out.

Nothing here imports torch before a command really needs it.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence

import click

from impasto.cli import doctor, measure, paint, plan, presets, recipes, stopping, texture
from impasto.errors import ImpastoError

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="impasto", prog_name="impasto", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def impasto(debug: bool) -> None:
    """Paint photographs in the style of paintings.

    Neural style transfer after Gatys, Ecker and Bethge (2016). `impasto paint --help` shows
    every control.
    """


impasto.add_command(paint.paint)
impasto.add_command(plan.plan)
impasto.add_command(texture.texture)
impasto.add_command(presets.presets)
impasto.add_command(measure.measure)
impasto.add_command(doctor.doctor)
impasto.add_command(recipes.recipe)
impasto.add_command(recipes.rerun)
impasto.add_command(recipes.resume)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (docs/errors.md)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _show_notes()
    try:
        code = impasto.main(words, prog_name="impasto", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as fault:
        click.echo(fault.format_message(), err=True)
        return fault.exit_code
    except (click.ClickException, ImpastoError) as fault:
        return _fail(_message(fault), fault.exit_code, words)
    except stopping.Stopped as stop:
        return _fail(f"stopped by {stop.name}", 128 + stop.number, words)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", INTERRUPTED, words)
    except Exception as fault:
        message = f"a bug in impasto: {type(fault).__name__}: {fault}; --debug shows where"
        return _fail(message, 1, words)


def run() -> None:
    """Run as a program: exit with the code of `main`."""
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone; keep Python from complaining while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _message(fault: click.ClickException | ImpastoError) -> str:
    return fault.format_message() if isinstance(fault, click.ClickException) else str(fault)


def _fail(message: str, code: int, words: Sequence[str]) -> int:
    if "--debug" in words:
        traceback.print_exc()
    click.echo(f"impasto: {' '.join(message.split())}", err=True)
    return code


class _Notes(logging.Handler):
    """Shows what the library notes, one line each, on whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"note: {record.getMessage()}", err=True)


def _show_notes() -> None:
    log = logging.getLogger("impasto")
    if not any(isinstance(handler, _Notes) for handler in log.handlers):
        log.addHandler(_Notes())
        log.setLevel(logging.INFO)
        log.propagate = False
