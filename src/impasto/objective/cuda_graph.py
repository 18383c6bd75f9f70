"""An evaluation recorded once as a CUDA graph and replayed: one launch instead of hundreds."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.objective.objective import Objective
from impasto.optimizers.stepper import Evaluate

# Above this the GPU takes longer to compute than the host to launch, and a graph, which keeps
# its memory to itself, only costs.
_LARGEST_PX = 2_000_000

# Library handles and workspaces are made in these, outside the recording.
_WARM_UPS = 3


def captured(objective: Objective, image: Tensor) -> Evaluate | None:
    """Record evaluations of pictures like `image` (1,3,H,W), where they are worth recording."""
    height, width = image.shape[-2:]
    small = image.is_cuda and height * width <= _LARGEST_PX
    return _Captured(objective, image) if small and objective.capturable(image) else None


class _Captured:
    """An objective for pictures of one size on a CUDA device, called like Objective."""

    def __init__(self, objective: Objective, image: Tensor) -> None:
        self._image = image.detach().clone().requires_grad_()
        stream = torch.cuda.Stream(image.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(image.device))
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                objective(self._image)
        torch.cuda.current_stream(image.device).wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._losses = objective(self._image)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return each term's weighted loss (), and put their sum's gradient in image.grad."""
        with torch.no_grad():
            self._image.copy_(image)
        self._graph.replay()
        # The next replay writes over the recorded tensors.
        assert self._image.grad is not None
        image.grad = self._image.grad.clone()
        return {name: loss.clone() for name, loss in self._losses.items()}
