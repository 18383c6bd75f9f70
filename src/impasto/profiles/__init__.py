"""RGB spaces as ICC profiles."""
