"""The run: levels, objective, optimiser, and the loop that joins them."""

from impasto.engine.calibration import seconds_per_pixel
from impasto.engine.iterate import Run, Step, iterate, paint, prepare, stylize
from impasto.engine.planning import Plan, baseline, floor, forecast, make_plan

__all__ = [
    "Plan",
    "Run",
    "Step",
    "baseline",
    "floor",
    "forecast",
    "iterate",
    "make_plan",
    "paint",
    "prepare",
    "seconds_per_pixel",
    "stylize",
]
