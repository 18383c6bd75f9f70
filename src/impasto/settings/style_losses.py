"""The one registry of style losses, readable without torch.

A name's loss is `LOSS` in `losses/NAME.py`; the words are what --help says of it.
"""

STYLE_LOSSES = {
    "gram": "the paper's Gram matrices",
    "covariance": "steadier in contrast",
    "wasserstein": "as Gaussian distributions",
    "histogram": "Gram and each filter's histogram",
}
