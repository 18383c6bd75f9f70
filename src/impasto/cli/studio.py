"""impasto studio: the page to work in."""

from __future__ import annotations

from pathlib import Path

import click

from impasto.cli.options import GroupedCommand
from impasto.cli.telling import tell
from impasto.errors import UsageError

_EXAMPLES = (
    ("A page to paint in, in the browser:", "impasto studio"),
    ("With its pictures in a folder of yours:", "impasto studio --folder ~/pictures/painted"),
    (
        "For a tablet in the same network, which needs the token that is printed:",
        "impasto studio --host 0.0.0.0",
    ),
    (
        "On a machine of many processors, two pictures at a time:",
        "impasto studio --device cpu --device cpu",
    ),
)
# What the extra brings.
_EXTRA = ("fastapi", "pydantic", "starlette", "uvicorn", "h11")


@click.command(cls=GroupedCommand, examples=_EXAMPLES)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on, 0 for any; 7860 or the next free one when not given.",
)
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where jobs and pictures are kept; ~/impasto-studio when not given.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Any but this machine's own lets others in who have the token.",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="auto|cpu|cuda|cuda:N|mps",
    help="Device to paint on, given again for more: each paints a job at a time, one named twice "
    "two. 'auto' takes every CUDA device, else MPS, else the CPU.",
)
@click.option("--token", help="What others must know; a new one is made when not given.")
def studio(
    port: int | None,
    browser: bool,
    folder: Path | None,
    host: str,
    devices: tuple[str, ...],
    token: str | None,
) -> None:
    """Open the studio, a page to paint in.

    Painting goes on when the page is closed; jobs survive the end of the studio.
    """
    try:
        from impasto.studio.serve import serve
    except ModuleNotFoundError as fault:
        if str(fault.name).partition(".")[0] not in _EXTRA:
            raise
        raise UsageError("the studio needs its extra: pip install 'impasto[studio]'") from fault
    place = Path.home() / "impasto-studio" if folder is None else folder
    serve(place, port=port, host=host, token=token, browser=browser, devices=devices, say=tell)
