"""Networks that are loaded once, and what was measured through them."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from impasto.errors import ImpastoError
from impasto.memory.free import give_back
from impasto.network.encoder import Encoder, named
from impasto.network.trained import Trained, weights_digest
from impasto.network.vgg import filters_of, of_filters
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
        self._loaded: dict[Hashable, tuple[Network, Settings]] = {}
        self._resting: dict[Hashable, Trained] = {}
        self._one = threading.Lock()

    def __reduce__(self) -> tuple[type[Networks], tuple[()]]:
        return Networks, ()  # a copy of a run loads its own

    def find(self, settings: Settings, plan: Plan, encoder: Encoder | None) -> Network:
        """Return the caller's own `encoder`, or the settings' network on the plan's device.

        Raises WeightsError when the weights are missing or damaged.
        """
        if encoder is not None:
            own = Network(encoder, *named(encoder))
            return self._loaded.setdefault(id(encoder), (own, settings))[0]
        key = _key(settings, plan)
        with self._one:  # so that two threads that ask at once have one network
            found = self._loaded.pop(key, None) or (self._built(settings, plan, key), settings)
            self._loaded[key] = found  # now the last
            for oldest in list(self._loaded)[:-_MOST]:
                del self._loaded[oldest]
        return found[0]

    def _built(self, settings: Settings, plan: Plan, key: _Key) -> Network:
        dtype = DTYPES[plan.precision]
        filters = self._resting.pop(key, None) or filters_of(settings, settings.layers, dtype)
        network = of_filters(filters, settings.pooling, plan.device, dtype)
        return Network(network, None, key.digest)

    def read(self, settings: Settings, plan: Plan) -> None:
        """Read a network's filters, so that `find` has only to bring them into their form.

        Raises WeightsError when the weights are missing or damaged.
        """
        self._read(settings, _key(settings, plan))

    def rest(self) -> None:
        """Keep the filters of the last network on a CPU, and no network there.

        The form that it computes in takes nine times as much, and is made in a third of a second.
        """
        here = [key for key in self._loaded if isinstance(key, _Key) and key.device == "cpu"]
        asked = {key: self._loaded.pop(key)[1] for key in here}
        for key in here[-1:]:
            self._resting.clear()
            with suppress(ImpastoError):  # said when it is wanted again
                self._read(asked[key], key)
        give_back()

    def _read(self, settings: Settings, key: _Key) -> None:
        self._resting[key] = filters_of(settings, settings.layers, DTYPES[key.precision])


class _Key(NamedTuple):
    """What makes one network another than the next."""

    weights: str
    digest: str
    kind: Hashable
    device: str
    precision: str
    kernel: str


def _key(settings: Settings, plan: Plan) -> _Key:
    kind = settings.network, settings.pooling, settings.layers
    digest = weights_digest(settings)
    return _Key(settings.weights, digest, kind, plan.device, plan.precision, plan.kernel)
