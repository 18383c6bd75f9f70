"""The run: levels, objective, optimiser, and the loop that joins them."""

from impasto.engine.calibration import seconds_per_pixel
from impasto.engine.checkpoint import (
    Checkpoint,
    State,
    read_checkpoint,
    write_checkpoint,
)
from impasto.engine.fitting import check_fits
from impasto.engine.hardware import pick_device, pick_precision, pick_threads, present
from impasto.engine.iterate import Step, iterate, paint, stylize
from impasto.engine.memory import free_bytes
from impasto.engine.planning import Plan, baseline, floor, forecast, make_plan
from impasto.engine.preparing import prepare
from impasto.engine.pyramid import make_levels
from impasto.engine.recipe import Recipe, StyleIngredient, differences
from impasto.engine.run import Run
from impasto.engine.selftest import TOLERANCE, gradient_error

__all__ = [
    "TOLERANCE",
    "Checkpoint",
    "Plan",
    "Recipe",
    "Run",
    "State",
    "Step",
    "StyleIngredient",
    "baseline",
    "check_fits",
    "differences",
    "floor",
    "forecast",
    "free_bytes",
    "gradient_error",
    "iterate",
    "make_levels",
    "make_plan",
    "paint",
    "pick_device",
    "pick_precision",
    "pick_threads",
    "prepare",
    "present",
    "read_checkpoint",
    "seconds_per_pixel",
    "stylize",
    "write_checkpoint",
]
