"""Films painted frame by frame, each held to the last where the motion is known."""
