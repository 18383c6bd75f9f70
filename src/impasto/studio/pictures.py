"""The pictures that were handed in: a folder each, under an id of ours."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from impasto.errors import PictureError
from impasto.files import replacing
from impasto.studio.folder import Folder, is_id, new_id
from impasto.studio.job import now
from impasto.studio.reading_room import ReadingRoom
from impasto.workshop.messages import Answer, Look, PictureFile

_log = logging.getLogger(__name__)

# Long sides that the page may ask for; the next larger one is sent.
RUNGS = (200, 400, 800, 1600)
# Before what no job uses is removed when the studio starts.
KEPT_DAYS = 30


class Facts(Struct, kw_only=True):
    """What is known of a picture; `picture.json` in its folder. Its name is a text, no path."""

    id: str
    name: str
    sha256: str
    width: int
    height: int
    kind: str  # "photo", or "map" whose colours must not be mixed
    recipe: str | None = None
    role: str | None = None  # of an example


class Pictures:
    """Finds pictures by their ids, and takes in new ones."""

    def __init__(self, folder: Folder, reader: ReadingRoom, max_pixels: int) -> None:
        """Read what is known of the pictures that are there."""
        self._folder, self._reader, self._max_pixels = folder, reader, max_pixels
        self.known: dict[str, Facts] = {}
        for place in folder.pictures.iterdir():
            try:
                facts = msgspec.json.decode((place / "picture.json").read_bytes(), type=Facts)
            except (FileNotFoundError, NotADirectoryError):
                # Of a server that was killed while it took it in; nothing else can be in there.
                if is_id(place.name):
                    shutil.rmtree(place, ignore_errors=True)
                continue
            except (OSError, ValueError) as fault:
                _log.warning("the picture in %s cannot be read: %s", place, fault)
                continue
            if facts.id == place.name:
                self.known[facts.id] = facts

    async def take_in(self, upload: Path, name: str, role: str | None = None) -> Facts:
        """Make a picture of a file, which is moved; raise PictureError for what is none.

        A file that was handed in before is the picture that it was, under its new name.
        """
        if role is None and (there := await self._same(upload)):
            upload.unlink(missing_ok=True)
            renamed = msgspec.structs.replace(there, name=name)
            await asyncio.to_thread(_save, renamed, self._facts_file(there.id))
            self.known[there.id] = renamed
            return renamed
        id_ = new_id()
        place = self._folder.pictures / id_
        try:
            place.mkdir()
            upload.replace(self.original(id_))
            answer = await self._reader.ask(
                Look(0, str(self.original(id_)), str(place), name, self._max_pixels, RUNGS)
            )
            facts = _facts(id_, name, role, answer)
            await asyncio.to_thread(_save, facts, self._facts_file(id_))
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            upload.unlink(missing_ok=True)
            raise
        self.known[id_] = facts
        return facts

    async def remove(self, id_: str) -> None:
        """Remove a picture and its file."""
        facts = self.known.pop(id_)
        place = self._folder.pictures / facts.id
        self._facts_file(id_).unlink(missing_ok=True)  # without which it is swept
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def sweep(self, used: Callable[[], set[str] | None]) -> None:
        """Remove what was handed in long ago, where none of those that are `used` is it.

        Nothing is removed where it is not known what is (None).
        """
        old = [one.id for one in self.known.values() if one.role is None and self._is_old(one.id)]
        named = (await asyncio.to_thread(used)) if old else None
        if named is None:
            return
        for id_ in set(old) - named:
            await self.remove(id_)

    def _is_old(self, id_: str) -> bool:
        try:
            return now() - self._facts_file(id_).stat().st_mtime > KEPT_DAYS * 86_400
        except OSError:
            return False

    async def _same(self, upload: Path) -> Facts | None:
        """Return the picture of which a file is a copy."""
        digest = await asyncio.to_thread(_digest, upload)
        same = (one for one in self.known.values() if one.sha256 == digest and one.role is None)
        return next((one for one in same if self.original(one.id).exists()), None)

    def _facts_file(self, id_: str) -> Path:
        return self._folder.pictures / id_ / "picture.json"

    def place(self, id_: str) -> Path:
        """Return a known picture's folder."""
        return self._folder.pictures / self.known[id_].id

    def original(self, id_: str) -> Path:
        """Return the file as it was handed in."""
        return self._folder.pictures / id_ / "original"

    def shown(self, id_: str, long_side: int) -> Path:
        """Return the smallest of its files that has such a long side, or the largest."""
        found = [self.place(id_) / f"{rung}.{end}" for rung in RUNGS for end in ("jpg", "png")]
        there = [path for path in found if path.exists()]
        for path in there:
            if int(path.stem) >= long_side:
                return path
        return there[-1]

    def file(self, id_: str) -> PictureFile:
        """Return what the painter is told of a picture."""
        return PictureFile(str(self.original(id_)), self.known[id_].name)

    def of_digest(self, sha256: str) -> str | None:
        """Return the id of a picture with these bytes, None where there is none."""
        return next((id_ for id_, one in self.known.items() if one.sha256 == sha256), None)

    def examples(self) -> list[Facts]:
        """Return those that came with impasto, photographs first."""
        found = [one for one in self.known.values() if one.role is not None]
        return sorted(found, key=lambda one: (one.role != "content", one.name))


def picture_name(text: str) -> str:
    """Return what a stranger calls a picture as a file's base name in a recipe may be."""
    base = text.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in base if char.isprintable()).strip()
    return plain[:100] or "picture"


def facts_view(facts: Facts) -> dict[str, Any]:
    """Return what the interface says of a picture."""
    return {name: getattr(facts, name) for name in ("id", "name", "width", "height", "kind")}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _save(facts: Facts, path: Path) -> None:
    with replacing(path) as stream:
        stream.write(msgspec.json.encode(facts))


def _facts(id_: str, name: str, role: str | None, answer: Answer) -> Facts:
    if answer.fault:
        raise PictureError(answer.fault)
    return Facts(
        id=id_,
        name=name,
        sha256=answer.sha256,
        width=answer.width,
        height=answer.height,
        kind=answer.kind,
        recipe=answer.recipe,
        role=role,
    )
