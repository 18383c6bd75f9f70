"""What the painting starts from, as a word says it: "content", "noise:0.3", "style"."""

from __future__ import annotations

from impasto.errors import UsageError, suggestion
from impasto.settings.numbers import INIT_WORDS


def word_and_share(init: str, *, has_photo: bool) -> tuple[str, float]:
    """Return a word of INIT_WORDS and the share, 0..1, that is laid over the photograph.

    Raises UsageError for what is none, and for a share where there is no photograph.
    """
    word, _, number = init.partition(":")
    try:
        share = float(number) if number else 1.0
    except ValueError:
        share = -1.0
    if word not in INIT_WORDS or not 0 <= share <= 1 or (word == "content" and number):
        raise UsageError(
            f"init cannot be '{init}': there is no such file; give content, noise, style, "
            f"noise:0.3, style:0.3 (a share of 0 to 1) or a picture file"
            f"{suggestion(word, INIT_WORDS)}"
        )
    if share < 1 and not has_photo:
        raise UsageError(f"init {init} needs a photograph to be laid over")
    return word, share
