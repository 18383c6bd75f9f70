"""Pictures over HTTP: handing them in, and what the page shows of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from impasto.studio.answers import answer, fault, file, missing
from impasto.studio.folder import new_id
from impasto.studio.here import Here
from impasto.studio.pictures import facts_view, picture_name
from impasto.studio.queue import Refused
from impasto.studio.recipes import opened_recipe
from impasto.studio.told import ToldExample, ToldPicture, ToldUpload
from impasto.studio.uploads import save_upload
from impasto.workshop.messages import Flat, Whole

router = APIRouter(prefix="/api", tags=["pictures"])

_LARGEST_MAP_PX = 4000


@router.get("/examples", response_model=list[ToldExample])
async def list_examples(studio: Here) -> Response:
    """List the pictures that come with impasto."""
    await studio.examples_are_there()
    found = studio.pictures.examples()
    return answer([{**facts_view(one), "role": one.role, "picture": one.id} for one in found])


@router.post("/pictures", status_code=201, response_model=ToldUpload)
async def hand_in(studio: Here, request: Request, name: str = "picture") -> Response:
    """Hand in a picture: the body is the file itself, `name` only a text. Answers with its id."""
    path = studio.folder.scratch / new_id()
    async with studio.uploads.one() as most:
        await save_upload(request, path, most)
    facts = await studio.pictures.take_in(path, picture_name(name))
    recipe = opened_recipe(facts.recipe, studio.pictures)
    return answer({**facts_view(facts), "recipe": recipe}, 201)


@router.get("/pictures/{id}")
async def show_picture(
    studio: Here,
    id: str,
    long_side: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    map: bool = False,
) -> Response:
    """Send a picture as the page shows it, upright and sRGB: whole, or of at least a long side.

    A `map` is scaled to exactly that, and none of its colours mixed.
    """
    pictures = studio.pictures
    if id not in pictures.known:
        raise missing("picture")
    if long_side is not None and not map:
        return file(pictures.shown(id, long_side), lasting=True)
    path = str(pictures.original(id))
    if long_side is None:
        made = pictures.place(id) / "whole.png"
        wanted: Whole | Flat = Whole(0, path, str(made))
    else:
        side = min(long_side, _LARGEST_MAP_PX)
        made = pictures.place(id) / f"map-{side}.png"
        wanted = Flat(0, path, str(made), side)
    if not made.exists():
        found = await studio.reader.ask(wanted)
        if found.fault:
            return fault(422, found.fault)
    return file(made, lasting=True)


@router.delete("/pictures/{id}", status_code=204)
async def remove_picture(studio: Here, id: str) -> Response:
    """Remove a picture and its file, if no job uses it."""
    facts = studio.pictures.known.get(id)
    if facts is None:
        raise missing("picture")
    if facts.role is not None:
        raise Refused("this picture comes with impasto")
    if users := studio.queue.users_of(id):
        raise Refused(f"{len(users)} jobs use this picture, {users[-1].title!r} is one")
    await studio.pictures.remove(id)
    return Response(status_code=204)


@router.get("/pictures/{id}/about", response_model=ToldPicture)
async def tell_of_picture(studio: Here, id: str) -> Response:
    """Tell a picture's name and size, as when it was handed in."""
    facts = studio.pictures.known.get(id)
    if facts is None:
        raise missing("picture")
    return answer(facts_view(facts))
