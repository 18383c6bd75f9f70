"""How the picture moves: one evaluation a step."""

from __future__ import annotations

from torch import Tensor

from impasto.memory.storage import Storage
from impasto.optimizers.adam import Adam
from impasto.optimizers.lbfgs import FIRST_STEP, LBFGS
from impasto.optimizers.pixels import PIXELS
from impasto.optimizers.stepper import Stepper
from impasto.settings.settings import Settings
from impasto.sharing.group import ALONE, Group


def make_stepper(
    image: Tensor,
    settings: Settings,
    history: int = 20,
    storage: Storage | None = None,
    caution: float = 1.0,
    group: Group = ALONE,
) -> Stepper:
    """Return the settings' optimizer, starting at `image`, its vectors in `storage`.

    The first step is `caution` times shorter than usual. Each process of a `group` moves its own
    range of the pixels.
    """
    pixels = PIXELS[settings.pixels]
    if settings.optimizer == "adam":
        return Adam(image, settings.learning_rate / caution, pixels, group)
    return LBFGS(image, history, storage, FIRST_STEP / caution, pixels, group)
