"""Write docs/api.md, the library's public names, from their docstrings; --check only compares.

Run it after changing a public name or its docstring:

    python scripts/api_page.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import griffe
from griffe2md import ConfigDict, render_object_docs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/api.md"

HEAD = """# The library

    import impasto
    impasto.stylize("photo.jpg", "painting.jpg", size=512).save("painted.png")

Every public name, made from its docstring by `scripts/api_page.py`. Fields of `Settings` and
`Resources` are on [the options page](options.md). `import impasto` loads no torch: names are
imported when they are first used.
"""

# What belongs together, in the order of the page.
SECTIONS = {
    "Paint": ("stylize", "iterate", "Painter", "Step", "Meter"),
    "What layers keep": ("reconstruct", "reconstruction"),
    "Many values": ("sweep", "Sweep", "Panel"),
    "Pictures": ("Picture", "PictureSource", "Style"),
    "What is asked for": ("Settings", "Resources"),
    "Step by step": ("prepare", "Run", "Plan", "paint", "Encoder"),
    "Again, and on": ("Recipe", "Checkpoint", "read_checkpoint", "write_checkpoint"),
    "Judge": ("measure", "Measures"),
    "Errors": (
        *("ImpastoError", "UsageError", "PictureError", "WeightsError"),
        *("OutputError", "DeviceError", "NonFiniteError"),
    ),
}
TESTING = ("TinyEncoder",)
# Classes that nobody makes by hand.
MADE_FOR_YOU = {
    "Step",
    "Run",
    "Plan",
    "Recipe",
    "Checkpoint",
    "Measures",
    "Encoder",
    "Sweep",
    "Panel",
}

CONFIG = ConfigDict(
    heading_level=3,
    show_root_heading=True,
    show_root_full_path=False,
    show_object_full_path=False,
    show_signature_annotations=True,
    signature_crossrefs=False,
    annotations_path="brief",
    members_order="source",
    filters=["!^_"],
    summary=False,
    show_bases=False,
    line_length=88,
)


def page() -> str:
    """Return the text of docs/api.md; raise SystemExit for a public name that stands nowhere."""
    package = griffe.load("impasto", search_paths=[ROOT / "src"])
    public = {name for name, member in package.members.items() if _is_public(name, member)}
    if missing := public ^ {name for names in SECTIONS.values() for name in names}:
        sys.exit(f"scripts/api_page.py lists other names than __init__.pyi: {sorted(missing)}")
    parts = [HEAD]
    for title, names in SECTIONS.items():
        parts += [f"## {title}\n", *(_rendered(package[name]) for name in names)]
    parts += ["## `impasto.testing`\n", *(_rendered(package["testing"][name]) for name in TESTING)]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _is_public(name: str, member: griffe.Object | griffe.Alias) -> bool:
    return member.is_alias and member.target_path.startswith("impasto.") and name[0] != "_"


def _rendered(member: griffe.Object | griffe.Alias) -> str:
    found = member.final_target if member.is_alias else member
    for name, own in list(found.members.items()):
        # A field's meaning stands in the class's docstring; those of options on their page.
        if own.is_attribute and not own.has_docstring:
            del found.members[name]
    shown = {**CONFIG, "show_signature": found.name not in MADE_FOR_YOU}
    text = render_object_docs(found, shown)
    return re.sub(r"^(#+) `impasto\.[a-z_.]+", r"\1 `", text, flags=re.MULTILINE)


def main() -> None:
    text = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != text:
        sys.exit("docs/api.md is stale: run scripts/api_page.py")


if __name__ == "__main__":
    main()
