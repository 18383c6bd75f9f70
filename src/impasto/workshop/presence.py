"""Whether devices are there, said by a process of its own: the server knows no torch."""

from __future__ import annotations

import sys

from impasto.errors import ImpastoError
from impasto.planning.machine import check_present


def main() -> None:
    """Say what is wrong with the devices that are named, and nothing where all are there."""
    try:
        for name in sys.argv[1:]:
            check_present(name)
    except ImpastoError as fault:
        print(fault)


if __name__ == "__main__":
    main()
