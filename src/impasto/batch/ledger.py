"""What of a batch is finished, and what this process may paint: the journal and the claims."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impasto.batch.claims import Claims
from impasto.batch.item import Item
from impasto.batch.journal import Journal, Line
from impasto.batch.stamps import Stamp, Stamps
from impasto.errors import UsageError
from impasto.jobs.job import Done


class Ledger:
    """The books of a folder, for one process of the many that may paint into it."""

    def __init__(self, folder: Path, *, overwrite: bool = False) -> None:
        """Open the folder's books; with `overwrite` what was finished before is not."""
        self._claims = Claims(folder)
        self.journal = Journal(folder, self._claims)
        self._stamps = Stamps()
        self._overwrite = overwrite
        self._first = self.journal.lines
        self._old = self._first if overwrite else {}
        self._begun: dict[str, tuple[Stamp, ...]] = {}

    def is_finished(self, item: Item) -> bool:
        """Return whether a picture is there, by the same settings, of the same files."""
        line = self.journal.of(item.name)
        if line is None or line.event != "done" or line is self._old.get(item.name):
            return False
        same = line.key == item.key and self._stamps.are(item.paths, line.inputs)
        return same and item.output.exists()

    def is_settled(self, item: Item) -> bool:
        """Return whether somebody has painted a picture, or failed to, since the books are open."""
        line = self.journal.of(item.name)
        is_new = line is not None and line is not self._first.get(item.name)
        return is_new and line is not None and line.event != "begun"

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Return what is still to be painted; raise UsageError where that would replace others."""
        found = [item for item in items if not self.is_finished(item)]
        taken = [item for item in found if not self._may_replace(item)]
        if not taken:
            return found
        first, more = taken[0], f" and {len(taken) - 1} more" if taken[1:] else ""
        line = self.journal.of(first.name)
        if line is None or line.event != "done":
            raise UsageError(
                f"{first.output}{more} exists and was not painted by this batch; give another -o, "
                "or allow it with --overwrite, which paints all again"
            )
        raise UsageError(
            f"{first.output}{more} was painted by other options or of other files; remove it, give "
            "another -o, or paint all again with --overwrite"
        )

    def take(self, item: Item) -> bool:
        """Claim a picture, which may be finished by now; return whether nobody else has."""
        if not self._claims.take(item.name):
            return False
        self.journal.refresh()
        return True

    def begin(self, item: Item) -> tuple[bool, bool]:
        """Note that a picture is being painted; return whether it was begun, and may be replaced.

        Raises OutputError where the journal cannot be written.
        """
        line = self.journal.of(item.name)
        was_begun = _was_begun(line) and line is not None and line.key == item.key
        replaces = self._overwrite or _was_begun(line)
        try:
            stamps = self._stamps.of(item.paths)
        except OSError:  # what cannot be read is told by whoever reads it
            stamps = ()
        self._begun[item.name] = stamps
        # Lost in a power cut it takes with it only that the picture was begun.
        self.journal.write(Line("begun", item.name, item.key), lasting=False)
        return was_begun and line is not self._old.get(item.name), replaces

    def done(self, item: Item, done: Done) -> None:
        """Note that a picture is there."""
        line = Line("done", item.name, item.key, self._begun.pop(item.name, ()))
        self.journal.write(
            line,
            lasting=True,
            content=item.content.name,
            styles=[style.name for style in item.inputs.styles],
            size=list(done.size),
            seconds=round(done.seconds, 2),
        )

    def failed(self, item: Item, reason: str, code: int, *, was_begun: bool) -> None:
        """Note why a picture is not there; one that never was begun has no key."""
        self._begun.pop(item.name, None)
        key = item.key if was_begun else ""
        line = Line("failed", item.name, key, reason=reason, code=code)
        self.journal.write(line, lasting=True, content=item.content.name)

    def release(self, item: Item) -> None:
        """Let others paint a picture."""
        self._claims.release(item.name)

    def close(self) -> None:
        """Let go of everything."""
        self.journal.close()
        self._claims.close()

    def _may_replace(self, item: Item) -> bool:
        if self._overwrite or not item.output.exists():
            return True
        return _was_begun(self.journal.of(item.name))


def _was_begun(line: Line | None) -> bool:
    """Return whether what is there under a picture's name is an unfinished part of it."""
    return line is not None and line.event != "done" and line.key != ""
