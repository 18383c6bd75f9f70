"""What people type, read into values: each raises ValueError for anything else."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any

from impasto.settings.numbers import LARGEST_SIDE_PX, MINIMUM_SIDE_PX

Layers = tuple[tuple[str, float], ...]
Box = tuple[float, float, float, float]


def read_integer(value: Any) -> int:
    """Read a whole number of up to 63 bits; raise ValueError for anything else."""
    try:
        number = _exactly(value)
    except (TypeError, ValueError, OverflowError) as fault:
        raise ValueError(f"{value!r} is not a whole number") from fault
    if abs(number) >= 1 << 63:
        raise ValueError(f"{value!r} is too large a number")
    return number


def _exactly(value: Any) -> int:
    """Return a whole number without a detour by floats, which have 53 bits."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return int(value)
    number = float(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


def read_float(value: Any) -> float:
    """Read a finite number; raise ValueError for anything else."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError, OverflowError) as fault:
        raise ValueError(f"{value!r} is not a number") from fault
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def word_or(words: str | tuple[str, ...], read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a reader of either one of `words` itself or what `read` reads."""
    known = (words,) if isinstance(words, str) else words

    def read_either(value: Any) -> Any:
        return value if isinstance(value, str) and value in known else read(value)

    return read_either


def read_size(value: Any) -> int | str:
    """Read a long side, 'original', or width and height as '1024x768' (also returned as that)."""
    text = value if isinstance(value, str) else ""
    match = re.fullmatch(r"\s*(\d+)\s*[xX\u00d7]\s*(\d+)\s*", text)
    if match is None:
        return "original" if value == "original" else read_integer(value)
    width, height = int(match[1]), int(match[2])
    if min(width, height) < MINIMUM_SIDE_PX:
        raise ValueError(f"a side is under {MINIMUM_SIDE_PX} px")
    if max(width, height) > LARGEST_SIDE_PX:
        raise ValueError(f"a side is over {LARGEST_SIDE_PX} px")
    return f"{width}x{height}"


def read_box(value: Any) -> Box:
    """Read `LEFT:TOP:RIGHT:BOTTOM` or four numbers, shares of a picture's sides."""
    parts = [read_float(part) for part in (value.split(":") if isinstance(value, str) else value)]
    if len(parts) == 4:
        left, top, right, bottom = parts
        if 0 <= left < right <= 1 and 0 <= top < bottom <= 1:
            return left, top, right, bottom
    raise ValueError(f"{value!r} is not LEFT:TOP:RIGHT:BOTTOM, each 0 to 1, in that order")


def read_layers(value: Any) -> Layers:
    """Read `relu1_1:0.5,relu2_1`, a mapping or pairs; a layer without a weight gets 1/count.

    1/count is the paper's w_l (Gatys et al. 2016, section 2.2).
    """
    if isinstance(value, Mapping):
        value = value.items()
    items = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
    return tuple(_read_layer(item, 1 / len(items)) for item in items)


def _read_layer(item: str | Iterable[Any], share: float) -> tuple[str, float]:
    parts = item.split(":") if isinstance(item, str) else list(item)
    if len(parts) > 2:
        raise ValueError(f"{item!r} is not LAYER or LAYER:WEIGHT")
    weight = read_float(parts[1]) if len(parts) == 2 else share
    return str(parts[0]).strip(), weight


def read_bytes(value: Any) -> int:
    """Read a number of bytes, as 4GB, 512 MiB or 1000000; raise ValueError for anything else."""
    if not isinstance(value, str):
        return read_integer(value)
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*([a-z]*)\s*", value.lower())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{value!r} is not a size like 4GB or 512MB")
    return int(float(match[1]) * _UNITS[match[2]])


def read_tile(value: Any) -> int:
    """Read a tile's side; raise ValueError where it does not stand on the pooling grid."""
    side = read_integer(value)
    if side % 16:
        raise ValueError(f"{value!r} is not a multiple of 16")
    return side


_UNITS = {"": 1, "b": 1} | {
    letter + ending: base**power
    for ending, base in (("", 1000), ("b", 1000), ("ib", 1024))
    for power, letter in enumerate("kmgt", 1)
}


def read_list(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Make a reader of one value, a comma list, or a sequence of values."""

    def read_all(value: Any) -> tuple[Any, ...]:
        if isinstance(value, str):
            value = [part for part in value.split(",") if part.strip()]
        items = value if isinstance(value, Iterable) else [value]
        return tuple(read(item) for item in items)

    return read_all


def plain_number(number: float) -> str:
    """Write a number, without an exponent where people can count the digits."""
    if isinstance(number, int):
        return str(number)
    if number and not 1e-6 <= abs(number) < 1e15:
        return f"{number:g}"
    return f"{number:.12f}".rstrip("0").rstrip(".")


def plain_px(number: float) -> str:
    """Write a number of pixels."""
    return f"{plain_number(number)} px"


def plain_bytes(number: float) -> str:
    """Write a number of bytes as `read_bytes` reads it."""
    for size, unit in ((1e9, "GB"), (1e6, "MB")):
        if number >= size:
            return f"{plain_number(number / size)} {unit}"
    return f"{plain_number(number)} bytes"


def show(value: Any) -> str:
    """Write a field's value as it would be typed on the command line."""
    if isinstance(value, tuple):
        return ",".join(
            ":".join(map(show, item)) if isinstance(item, tuple) else show(item) for item in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)
