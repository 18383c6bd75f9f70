"""Pictures over HTTP: handing them in, and what the page shows of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from impasto.errors import PictureError
from impasto.studio.answers import answer, fault, file, missing
from impasto.studio.folder import new_id
from impasto.studio.messages import Flat, Whole
from impasto.studio.pictures import Facts, facts_view, picture_name
from impasto.studio.recipes import opened_recipe
from impasto.studio.studio import Studio
from impasto.studio.uploads import Silent, TooLarge, save_upload


def routes(studio: Studio) -> APIRouter:
    """Return the routes of pictures."""
    router = APIRouter(prefix="/api", tags=["pictures"])
    pictures = studio.pictures

    @router.get("/examples")
    async def examples() -> Response:
        """The pictures that come with impasto."""
        await studio.examples_are_there()
        found = [{**facts_view(one), "role": one.role} for one in pictures.examples()]
        return answer([{**one, "picture": one["id"]} for one in found])

    @router.post("/pictures", status_code=201)
    async def hand_in(request: Request, name: str = "picture") -> Response:
        """Hand in a picture: the body is the file itself. Answers with its id."""
        most = studio.limits.upload_bytes
        too_large = fault(413, f"the file is larger than {most / 1e6:.0f} MB")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            return too_large
        path = studio.folder.scratch / new_id()
        try:
            if not await save_upload(request.stream(), path, most):
                return fault(422, "the file is empty")
            facts = await pictures.take_in(path, picture_name(name))
        except TooLarge:
            return too_large
        except Silent:
            return fault(408, "the upload stopped on its way")
        except PictureError as wrong:
            return fault(422, str(wrong))
        finally:
            path.unlink(missing_ok=True)
        return answer(_told(facts), 201)

    @router.get("/pictures/{id}")
    async def picture(
        id: str, long_side: Annotated[int | None, Query(ge=1, le=100_000)] = None, map: bool = False
    ) -> Response:
        """A picture as the page shows it: upright, sRGB; whole as PNG without a long side."""
        if id not in pictures.known:
            raise missing("picture")
        if long_side is not None and not map:
            return file(pictures.shown(id, long_side), lasting=True)
        path = str(pictures.original(id))
        if map and long_side is not None:
            made = pictures.place(id) / f"map-{min(long_side, 4000)}.png"
            request: Any = Flat(0, path, str(made), min(long_side, 4000))
        else:
            made = pictures.place(id) / "whole.png"
            request = Whole(0, path, str(made))
        if not made.exists():
            done = await studio.reader.ask(request)
            if done.fault:
                return fault(422, done.fault)
        return file(made, lasting=True)

    def _told(facts: Facts) -> dict[str, Any]:
        return {**facts_view(facts), "recipe": opened_recipe(facts.recipe, pictures)}

    return router
