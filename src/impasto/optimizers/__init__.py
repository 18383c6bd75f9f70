"""How the picture moves: one evaluation a step."""

from __future__ import annotations

from torch import Tensor

from impasto.memory.storage import Storage
from impasto.optimizers.adam import Adam
from impasto.optimizers.lbfgs import FIRST_STEP, LBFGS
from impasto.optimizers.pixels import PIXELS
from impasto.optimizers.stepper import Stepper
from impasto.settings.settings import Settings


def make_stepper(
    image: Tensor,
    settings: Settings,
    history: int = 20,
    storage: Storage | None = None,
    caution: float = 1.0,
) -> Stepper:
    """Return the settings' optimizer, starting at `image`, its vectors in `storage`.

    The first step is `caution` times shorter than usual.
    """
    pixels = PIXELS[settings.pixels]
    if settings.optimizer == "adam":
        return Adam(image, settings.learning_rate / caution, pixels)
    return LBFGS(image, history, storage, FIRST_STEP / caution, pixels)
