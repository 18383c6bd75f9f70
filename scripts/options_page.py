"""Write docs/options.md from the fields of Settings and Resources; --check only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from impasto.settings.option import Option, options
from impasto.settings.readers import show
from impasto.settings.resources import Resources
from impasto.settings.settings import Settings

PAGE = Path(__file__).parents[1] / "docs/options.md"

HEAD = """# Options

Every option of `impasto paint`, which is also a keyword of `impasto.stylize` (with `_` for
`-`) and a field of `impasto.Settings` (which picture) or `impasto.Resources` (how it is
computed). This page is made from those fields by `scripts/options_page.py`.
"""


def page() -> str:
    """Return the page's text."""
    groups: dict[str, list[str]] = {}
    for cls in (Settings, Resources):
        for name, (option, default) in options(cls).items():
            groups.setdefault(option.group, []).append(_row(name, option, default))
    table = "| option | what it does | allowed | default |\n|---|---|---|---|\n"
    return HEAD + "".join(
        f"\n## {group}\n\n{table}" + "".join(rows) for group, rows in groups.items()
    )


def _row(name: str, option: Option, default: object) -> str:
    allowed = option.describe() or option.metavar.replace("|", " or ")
    shown = f"`{show(default)}`" if default != () else ""
    return f"| `--{name.replace('_', '-')}` | {option.help} | {allowed} | {shown} |\n"


def main() -> None:
    if "--check" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif PAGE.read_text("utf-8") != page():
        sys.exit("docs/options.md is out of date: run scripts/options_page.py")


if __name__ == "__main__":
    main()
