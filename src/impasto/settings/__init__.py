"""What can be asked for: which picture (Settings) and how to compute it (Resources).

The command line, docs/options.md and the checks at the door all come from their fields. No tensors,
so that --help starts at once.
"""
