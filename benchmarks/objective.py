"""How good is the default run? Its saved file against the usual way's, on the paper's objective.

    python benchmarks/objective.py OUT_FOLDER CONTENT STYLE [CONTENT STYLE ...]

The usual way: 100 evaluations of torch's L-BFGS at a single size, from the photograph, on pixels
that are free to leave 0..1 and are clipped when they are saved. Both files are read back and
scored alike, by the objective both were painted with: content weight 1, style weight 1000 (as
shares of their sum), the default padding.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from torch import Tensor

import impasto
from impasto import Settings
from impasto.computing.modes import computing
from impasto.engine.level import level_objective
from impasto.engine.prepare import prepare
from impasto.network.vgg import build
from impasto.objective.objective import Objective
from impasto.pictures.resample import resize
from impasto.reading.sources import as_picture

# The paper's objective, at a single size.
SINGLE = Settings(levels=1, style_loss="gram", smoothness=0)
EVALUATIONS = 100


def main(folder: Path, pairs: list[tuple[str, str]]) -> None:
    """Paint every pair both ways and print a table."""
    print("| pair | default run | seconds | usual way | seconds |\n|---|---|---|---|---|")
    for content, style in pairs:
        name = f"{Path(content).stem}-{Path(style).stem}"
        began = time.monotonic()
        ours = folder / f"{name}-default.png"
        impasto.stylize(content, style).save(ours, overwrite=True)
        between = time.monotonic()
        usual = folder / f"{name}-usual.png"
        as_picture(usual_way(content, style)).save(usual, overwrite=True)
        ended = time.monotonic()
        print(
            f"| {name} | {score(ours, content, style):.6f} | {between - began:.0f} "
            f"| {score(usual, content, style):.6f} | {ended - between:.0f} |",
            flush=True,
        )


def usual_way(content: str, style: str) -> Tensor:
    """Return the clipped picture (1,3,H,W) after 100 evaluations on free pixels."""
    run = prepare(content, style, SINGLE)
    with computing(run.plan):
        objective = level_objective(run, 1, build(SINGLE, SINGLE.layers))
        level = run.levels[-1]
        image = resize(
            run.originals.content.tensor()[None], level.height, level.width
        ).requires_grad_()
        return minimised(objective, image, EVALUATIONS)


def minimised(objective: Objective, image: Tensor, count: int) -> Tensor:
    """Return the clipped picture after `count` evaluations of torch's L-BFGS from `image`."""
    # torch's own thresholds are absolute, so they are switched off.
    endless = {"tolerance_grad": 0, "tolerance_change": 0}
    # Without a line search it hardly leaves a start as flat as faint noise.
    optimizer = torch.optim.LBFGS(
        [image],
        max_iter=count,
        max_eval=count,
        history_size=20,
        line_search_fn="strong_wolfe",
        **endless,
    )
    optimizer.step(lambda: torch.stack(list(objective(image).values())).sum().item())
    return image.detach().clamp(0, 1)


def score(painted: Path, content: str, style: str) -> float:
    """Return the paper's objective of a picture file."""
    run = prepare(content, style, SINGLE)
    objective = level_objective(run, 1, build(SINGLE, SINGLE.layers))
    image = as_picture(painted).tensor()[None].requires_grad_()
    return sum(loss.item() for loss in objective(image).values())


if __name__ == "__main__":
    pictures = sys.argv[2:]
    main(Path(sys.argv[1]), list(zip(pictures[::2], pictures[1::2], strict=True)))
