"""The run itself: prepared, iterated, watched, written down."""
