"""The run: levels, objective, optimiser, and the loop that joins them."""

from impasto.engine.calibration import seconds_per_pixel
from impasto.engine.iterate import Step, iterate, paint, stylize
from impasto.engine.planning import Plan, baseline, floor, forecast, make_plan
from impasto.engine.run import Run, prepare

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
