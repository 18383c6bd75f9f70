"""The one registry of style losses, readable without torch.

A name's loss is `LOSS` in `losses/NAME.py`; the words are what --help says of it.
"""

STYLE_LOSSES = {
    "gram": "the paper's Gram matrices",
    "covariance": "steadier in contrast",
    "wasserstein": "as Gaussian distributions",
    "histogram": "Gram and each filter's histogram",
    "cross": "covariances across layers too",
    "nearest": "covariances, and each place as the style's most similar",
    "sliced": "histograms along many directions",
}

# Those with bins of fixed edges, which fit only responses scaled to a mean of 1.
COUNTING = ("histogram", "sliced")
