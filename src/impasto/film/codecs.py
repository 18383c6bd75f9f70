"""What films are written as: for every player, for editors, as pictures. Knows no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from impasto.errors import UsageError


@dataclass(frozen=True)
class Codec:
    """An encoder of FFmpeg's by name, its pixels, and the containers that hold it."""

    encoder: str
    pixels: str
    endings: tuple[str, ...]
    depth: int = 8
    options: Mapping[str, str] = field(default_factory=dict)
    quality: str = ""  # the option that says how good


CODECS = {
    "h264": Codec("libx264", "yuv420p", (".mp4", ".mov", ".mkv"), quality="crf"),
    "prores": Codec(
        *("prores_ks", "yuv422p10le", (".mov", ".mkv"), 16),
        options={"profile": "3", "vendor": "apl0"},
    ),
    "png": Codec("", "", (".png",)),
}
# A preview: one picture of them all.
SHEET = Codec("", "", (".png", ".jpg", ".webp"))
# libx264's: hardly to be told from the frames themselves.
QUALITY = 17


def codec_of(output: Path, name: str | None, *, is_preview: bool = False) -> Codec:
    """Return the codec of a name, or what a result's ending stands for.

    Raises UsageError for what the container cannot hold.
    """
    ending = output.suffix.lower()
    if is_preview:
        if ending not in SHEET.endings:
            raise UsageError(
                f"a preview is a picture: {output.name} cannot be written; choose from "
                f"{', '.join(SHEET.endings)}"
            )
        return SHEET
    fitting = [key for key, codec in CODECS.items() if ending in codec.endings]
    if not fitting:
        known = ", ".join(dict.fromkeys(one for c in CODECS.values() for one in c.endings))
        raise UsageError(f"cannot write the film {output.name}; choose from {known}")
    if name is not None and name not in fitting:
        endings = " or ".join(CODECS[name].endings)
        raise UsageError(f"{ending} does not hold {name}: give OUT the ending {endings}")
    return CODECS[name or fitting[0]]
