"""The distance between what two pictures' responses look like as Gaussians."""

from __future__ import annotations

import torch
from torch import Tensor

from impasto.losses.gram import GramLoss
from impasto.losses.loss import Sums
from impasto.losses.moments import Moments

# Added to eigenvalues, as a share of their mean: keeps the root's slope finite where a level has
# fewer cells than filters, and so eigenvalues of 0.
_EPSILON = 1e-4


class WassersteinLoss(GramLoss):
    """Squared 2-Wasserstein distance of two Gaussians, a filter (Dowson and Landau 1982).

    |m - n|^2 + tr(C + D - 2 (D^1/2 C D^1/2)^1/2) over N filters, C and D with _EPSILON of their
    mean eigenvalue added. In float64 where there is one: the trace is a small difference of
    large numbers. Only eigenvalues enter, so equal ones do no harm to the gradient.
    """

    capturable = False  # eigenvalues are found by the host
    factor = 0.05

    def goal(self, sums: Sums) -> Sums:
        """Return the style's mean (C,), the root of its covariance (C,C), and its trace ()."""
        theirs = _precise(Moments(*sums))
        spread = _spread(theirs)
        return theirs.mean(), _root(spread), spread.trace()

    def score(self, sums: Sums, goal: Sums = ()) -> Tensor:
        """Compare with the style's `goal`."""
        mean, root, trace = goal
        ours = _precise(Moments(*sums))
        spread = _spread(ours)
        eigenvalues = torch.linalg.eigvalsh(root @ spread @ root)
        shift = (ours.mean() - mean).square().sum()
        distance = shift + spread.trace() + trace - 2 * _positive(eigenvalues).sqrt().sum()
        return (distance / len(spread)).to(sums[-1])


def _precise(moments: Moments) -> Moments:
    # MPS has no float64 and no eigenvalues: there this small algebra is the CPU's.
    device = "cpu" if moments.outer.device.type == "mps" else moments.outer.device
    return Moments(*(entry.to(device).double() for entry in moments))


def _spread(moments: Moments) -> Tensor:
    """Return the covariance with _EPSILON of its mean eigenvalue added to each."""
    covariance = moments.covariance()
    # Rounding of weighed sums leaves it uneven, of which eigenvalues would see one half.
    covariance = (covariance + covariance.T) / 2
    floor = _EPSILON * covariance.diagonal().mean() + torch.finfo(torch.float32).tiny
    return covariance + floor * torch.eye(len(covariance), dtype=covariance.dtype).to(covariance)


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * _positive(values).sqrt()) @ vectors.T
    return root


def _positive(eigenvalues: Tensor) -> Tensor:
    # Rounding may leave them just below 0, where the root has no slope.
    return eigenvalues.clamp(min=torch.finfo(torch.float32).tiny)


LOSS = WassersteinLoss()
