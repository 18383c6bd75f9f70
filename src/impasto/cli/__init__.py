"""The command line: arguments in, exit codes and one line of error out.

Nothing here imports torch before a command really needs it.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from impasto.cli import (
    batch,
    doctor,
    film,
    measure,
    paint,
    plan,
    presets,
    recipes,
    reconstruct,
    sheets,
    studio,
)
from impasto.cli.launched import follows, is_among_others
from impasto.cli.telling import check_answered, hold_streams, let_go, tell, telling
from impasto.errors import ImpastoError, UsageError
from impasto.jobs.stopping import Stopped

INTERRUPTED = 130

# What the system's loader says where there are too few addresses.
_CRAMPED = ("failed to map segment", "cannot allocate", "out of memory")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="impasto", prog_name="impasto", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def impasto(context: click.Context, debug: bool) -> None:
    """Paint photographs in the style of paintings.

    Neural style transfer after Gatys, Ecker and Bethge (2016). `impasto paint --help` shows
    every control.
    """
    if context.invoked_subcommand != presets.presets.name:
        _check_folder()


impasto.add_command(paint.paint)
impasto.add_command(batch.batch)
impasto.add_command(plan.plan)
impasto.add_command(paint.texture)
impasto.add_command(reconstruct.reconstruct)
impasto.add_command(film.film)
impasto.add_command(sheets.paper)
impasto.add_command(sheets.sweep)
impasto.add_command(presets.presets)
impasto.add_command(measure.measure)
impasto.add_command(doctor.doctor)
impasto.add_command(recipes.recipe)
impasto.add_command(recipes.rerun)
impasto.add_command(recipes.resume)
impasto.add_command(studio.studio)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (docs/errors.md)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    with telling():
        return _main(words)


def run() -> None:
    """Run as a program: exit with the code of `main`."""
    hold_streams()
    code = _follow() if follows() else main()
    if is_among_others() and not follows():
        from impasto.cli import together

        together.end(code)
    let_go()
    sys.exit(code)


def _follow() -> int:
    from impasto.cli import together

    with telling():
        return together.follow(_verdict)


def _main(words: list[str]) -> int:
    try:
        code = impasto.main(words, prog_name="impasto", standalone_mode=False)
        if not isinstance(code, int):
            return 0
        check_answered()  # by those that only say something, as --help
        return code
    except click.exceptions.NoArgsIsHelpError as fault:
        click.echo(fault.format_message(), err=True)
        return fault.exit_code
    except (Exception, KeyboardInterrupt, Stopped) as fault:
        message, code = _verdict(fault)
        # The way up here may have added to it, as where the picture is.
        notes = getattr(fault, "__notes__", ())
        if "--debug" in words:
            click.echo(traceback.format_exc(), err=True)
        tell("; ".join((f"impasto: {message}", *notes)))
        return code


def _check_folder() -> None:
    """Make sure that there is a current folder, without which torch's libraries end the process."""
    try:
        os.getcwd()
    except OSError as fault:
        raise UsageError("the current folder is gone; cd to one that is there") from fault


def _verdict(fault: BaseException) -> tuple[str, int]:
    """Return what is said of a fault, and its exit code."""
    if isinstance(fault, ImpastoError):
        return str(fault), fault.exit_code
    if isinstance(fault, click.ClickException):
        return _in_one_line(fault.format_message()), fault.exit_code
    if isinstance(fault, Stopped):
        return f"stopped by {fault.name}", 128 + fault.number
    if isinstance(fault, KeyboardInterrupt | click.Abort):
        return "interrupted", INTERRUPTED
    if isinstance(fault, MemoryError) or _too_cramped_to_load(fault):
        return "memory ran out; give the program more (ulimit -v, the container's limit)", 6
    message = (
        f"a bug in impasto: {type(fault).__name__}: {fault}; 'impasto --debug ...' shows where"
    )
    return _in_one_line(message), 1


def _too_cramped_to_load(fault: BaseException) -> bool:
    """Return whether a library cannot be loaded for want of addresses, which none says plainly."""
    said = isinstance(fault, ImportError) and any(word in str(fault).lower() for word in _CRAMPED)
    if not (said or isinstance(fault, SystemError)) or sys.platform == "win32":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _in_one_line(message: str) -> str:
    return " ".join(message.split())
