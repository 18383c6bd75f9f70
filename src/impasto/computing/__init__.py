"""torch's modes and threads while something is computed."""
