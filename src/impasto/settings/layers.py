"""Names of layers: those of every VGG whose weights can be brought, and the check of any name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from impasto.errors import UsageError, suggestion

# By the convolutions in each block.
ARCHITECTURES = {"VGG-19": (2, 2, 4, 4, 4), "VGG-16": (2, 2, 3, 3, 3)}


def layer_names(architecture: str) -> tuple[str, ...]:
    """Return a network's layers in depth order, as relu1_1."""
    return tuple(
        f"relu{block}_{position}"
        for block, positions in enumerate(ARCHITECTURES[architecture], 1)
        for position in range(1, positions + 1)
    )


VGG19_LAYERS = layer_names("VGG-19")


def check_known(names: Iterable[str], known: Sequence[str], network: str) -> None:
    """Raise UsageError for the first of `names` that is none of a network's `known` layers."""
    if not known:
        raise UsageError(f"{network} has no layers at all")
    listed = ", ".join(known) if len(known) <= 4 else f"{known[0]} ... {known[-1]}"
    for name in names:
        if name not in known:
            raise UsageError(
                f"unknown layer '{name}' for {network}; choose from {listed}"
                + suggestion(name.replace("conv", "relu"), known)  # the paper's names
            )
