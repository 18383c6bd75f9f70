"""Run the command line as `python -m impasto`."""

from impasto.cli import run

run()
