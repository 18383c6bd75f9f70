"""Networks that are loaded once, and what was measured through them."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from impasto.network.encoder import Encoder, named
from impasto.network.trained import weights_digest
from impasto.network.vgg import build
from impasto.objective.look import Measured
from impasto.planning.machine import DTYPES
from impasto.planning.plan import Plan
from impasto.settings.settings import Settings


@dataclass(frozen=True, eq=False)
class Network:
    """A network in memory: its name where it is the caller's own, and its weights' digest."""

    encoder: Encoder
    own: str | None
    digest: str
    measured: Measured = field(default_factory=WeakKeyDictionary, repr=False)

    def __reduce__(self) -> tuple[type[Network], tuple[Any, ...]]:
        return Network, (self.encoder, self.own, self.digest)


# Networks that are kept, up to 80 MB each: those that were asked for last.
_MOST = 8


class Networks:
    """Finds the network of a run, loaded before or now."""

    def __init__(self) -> None:
        self._loaded: dict[Hashable, Network] = {}
        self._one = threading.Lock()

    def __reduce__(self) -> tuple[type[Networks], tuple[()]]:
        return Networks, ()  # a copy of a run loads its own

    def find(self, settings: Settings, plan: Plan, encoder: Encoder | None) -> Network:
        """Return the caller's own `encoder`, or the settings' network on the plan's device.

        Raises WeightsError when the weights are missing or damaged.
        """
        if encoder is not None:
            return self._loaded.setdefault(id(encoder), Network(encoder, *named(encoder)))
        digest = weights_digest(settings)
        kind = settings.network, settings.pooling, settings.layers
        key = settings.weights, digest, kind, plan.device, plan.precision, plan.kernel
        with self._one:  # so that two threads that ask at once have one network
            found = self._loaded.pop(key, None)
            if found is None:
                dtype = DTYPES[plan.precision]
                network = build(settings, settings.layers, device=plan.device, dtype=dtype)
                found = Network(network, None, digest)
            self._loaded[key] = found  # now the last
            for oldest in list(self._loaded)[:-_MOST]:
                del self._loaded[oldest]
        return found
