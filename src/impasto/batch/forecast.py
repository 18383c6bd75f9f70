"""How long a batch would take: a short measurement, and arithmetic for every picture."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from impasto.batch.item import Item
from impasto.engine.trial import seconds_per_pixel
from impasto.planning.choose import make_plan
from impasto.planning.costs import costs_of
from impasto.planning.levels import make_levels
from impasto.planning.plan import Plan
from impasto.reading.header import size_in
from impasto.settings.settings import Settings


@dataclass(frozen=True)
class Expected:
    """A picture that would be painted: its (height, width), and the seconds it takes at most."""

    item: Item
    size: tuple[int, int]
    seconds: float


def forecast(items: Iterable[Item]) -> Iterator[Expected]:
    """Say of each picture what it would take, its files being sound as far as is known."""
    paces: dict[Hashable, float] = {}
    sizes: dict[Hashable, Expected] = {}
    for item in items:
        content = size_in(item.content, item.inputs.reading)
        styles = tuple(size_in(path) for path in item.inputs.styles)
        key = content, styles, item.settings, item.resources
        if key not in sizes:
            sizes[key] = _expected(item, content, styles, paces)
        same = sizes[key]
        yield Expected(item, same.size, same.seconds)


def _expected(
    item: Item,
    content: tuple[int, int],
    styles: tuple[tuple[int, int], ...],
    paces: dict[Hashable, float],
) -> Expected:
    scales = item.settings.style_scale * len(styles)
    levels = make_levels(content, list(zip(styles, scales, strict=False)), item.settings)
    plan = make_plan(levels, item.settings, item.resources, must_fit=False)
    costs = costs_of(item.settings, plan.precision, plan.kernel)
    pixels = sum(level.pixels for level in costs.forecast(levels, plan))
    finest = levels[-1]
    pace = _pace(item.settings, plan, paces)
    return Expected(item, (finest.height, finest.width), pixels * pace)


def _pace(settings: Settings, plan: Plan, paces: dict[Hashable, float]) -> float:
    key = settings, plan.device, plan.precision, plan.kernel, plan.threads
    if key not in paces:
        paces[key] = seconds_per_pixel(settings, plan)
    return paces[key]
