"""Where a film goes: looked at before the work, and written from the frames that are there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from impasto.errors import UsageError
from impasto.files import check_free, check_place, make_folder
from impasto.film.codecs import SHEET, Codec
from impasto.film.contact import contact_sheet
from impasto.film.film import Film
from impasto.film.journal import Journal, known
from impasto.film.sequences import is_pattern, numbered, there
from impasto.film.writing import Target, write_film
from impasto.pictures import writing
from impasto.reading.load import digest_of
from impasto.reading.sources import as_picture


@dataclass(frozen=True, kw_only=True)
class Result:
    """Where a film goes, and what it is written as."""

    output: Path
    codec: Codec
    quality: int
    overwrite: bool = False

    def check(self, inputs: list[str]) -> None:
        """Make sure, before the work, that the film can be written and nothing else is lost."""
        wants_pattern = not self.codec.encoder and self.codec is not SHEET
        if is_pattern(self.output) != wants_pattern:
            raise UsageError(
                f"pictures are numbered, films and previews are not: {self.output} cannot be "
                "written; give OUT as frames/%04d.png, or as a film"
            )
        if is_pattern(self.output):
            make_folder(self.output.parent)
        check_place(self.first)
        if str(self.output.absolute()) in inputs or str(self.first.absolute()) in inputs:
            raise UsageError(f"the output {self.output} is also an input; choose another name")
        self.check_free()

    def check_free(self) -> None:
        """Raise UsageError where something is there that may not be replaced."""
        if not self._is_ours:
            for path in there(self.output) or [self.first]:
                check_free(path, overwrite=self.overwrite)

    def write(self, film: Film, journal: Journal) -> None:
        """Write what the journal has, from the first frame on."""
        pictures = (journal.picture(number) for number in range(journal.count()))
        if self.codec is SHEET:
            seconds = [float(pick.seconds) for pick in film.picks[: journal.count()]]
            sheet = contact_sheet(list(pictures), seconds)
            writing.save(as_picture(sheet), self.output)
        elif is_pattern(self.output):
            for number, picture in enumerate(pictures, 1):
                writing.save(picture, numbered(self.output, number), metadata=False)
        else:
            write_film(pictures, self.output, self._target(film, journal))

    def _target(self, film: Film, journal: Journal) -> Target:
        words = {"impasto film": 1, **journal.words.film}
        return Target(
            codec=self.codec,
            clip=film.clip,
            times=[pick.seconds for pick in film.picks],
            tick=film.timing.tick(film.clip),
            start=film.clip.times[film.picks[0].number],
            quality=self.quality,
            words=json.dumps(words),
        )

    @property
    def first(self) -> Path:
        """The result, or the first of its pictures."""
        return numbered(self.output, 1) if is_pattern(self.output) else self.output

    @property
    def _is_ours(self) -> bool:
        """Whether what is there is as much as was written when this film was stopped."""
        words = known(self.output)
        wanted = words.partial if words is not None else ""
        return bool(wanted) and self.first.is_file() and digest_of(self.first) == wanted
