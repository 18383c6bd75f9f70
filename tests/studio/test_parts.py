"""The studio's parts that paint nothing: its form, its pictures, its notes of jobs, its events."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from studio_server import Server

pytest.importorskip("fastapi", reason="needs the extra studio")

import msgspec
from starlette.testclient import TestClient

from impasto.errors import OutputError
from impasto.settings.option import options
from impasto.settings.presets import NAMES
from impasto.settings.settings import Settings
from impasto.studio import told
from impasto.studio.asked import Asked, AskedStyle, check_options, plain_options
from impasto.studio.events import MOST_WATCHERS, Watchers
from impasto.studio.folder import Folder
from impasto.studio.job import Job, file_name
from impasto.studio.looks import looks
from impasto.studio.pictures import KEPT_DAYS, Facts, Pictures
from impasto.studio.queue import Full, New, Queue
from impasto.studio.shelf import read_job, save_job
from impasto.workshop.child import appended
from impasto.workshop.messages import Began, Changed, Ended, Held, Noted, Progress
from impasto.workshop.places import CHECKPOINT


def test_the_form_has_every_option_but_those_that_name_files(client: TestClient):
    form = client.get("/api/options").json()
    found = {one["name"]: one for group in form["groups"] for one in group["options"]}
    assert set(found) == set(options(Settings)) - {"weights"}
    kinds = {name: found[name]["kind"] for name in ("size", "strength", "colour", "style_layers")}
    assert kinds == {
        "size": "integer",
        "strength": "number",
        "colour": "choice",
        "style_layers": "layers",
    }
    assert (found["size"]["unit"], found["size"]["words"]) == ("px", ["original"])
    assert found["strength"]["live"]
    assert not found["size"]["live"]
    assert [preset["name"] for preset in form["presets"]] == list(NAMES)


def test_what_the_form_offers_can_be_asked_for(client: TestClient):
    form = client.get("/api/options").json()
    defaults = {one["name"]: one["default"] for group in form["groups"] for one in group["options"]}
    assert check_options(defaults) == check_options({})
    for preset in form["presets"]:
        assert check_options(preset["options"]) == check_options({}, preset["name"])
        settings = check_options({}, preset["name"])
        assert check_options(plain_options(settings)) == settings


def test_examples_are_offered_once(client: TestClient):
    found = client.get("/api/examples").json()
    assert [one["role"] for one in found] == ["content", "content", "style", "style", "style"]
    for one in found:
        shown = client.get(f"/api/pictures/{one['picture']}", params={"long_side": 200})
        assert Image.open(io.BytesIO(shown.content)).width == 200
        assert "immutable" in shown.headers["cache-control"]


def test_pictures_are_shown_upright_and_in_srgb(client: TestClient):
    image = Image.fromarray(np.arange(300 * 200 * 3, dtype=np.uint8).reshape(200, 300, 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    told = _handed_in(client, image, "JPEG", exif=exif)
    assert (told["width"], told["height"], told["kind"]) == (200, 300, "photo")
    shown = client.get(f"/api/pictures/{told['id']}", params={"long_side": 150})
    assert Image.open(io.BytesIO(shown.content)).size == (133, 200)
    whole = client.get(f"/api/pictures/{told['id']}")
    assert Image.open(io.BytesIO(whole.content)).size == (200, 300)


def test_maps_keep_their_colours(client: TestClient):
    image = Image.new("RGB", (300, 200), "#ff0000")
    image.paste("#00ff00", (0, 0, 101, 67))
    told = _handed_in(client, image, "PNG")
    assert told["kind"] == "map"
    for side, size in ((150, (150, 100)), (4000, (300, 200))):
        params = {"long_side": side, "map": True}
        shown = client.get(f"/api/pictures/{told['id']}", params=params)
        small = Image.open(io.BytesIO(shown.content)).convert("RGB")
        assert small.size == size
        colours = {colour for _, colour in small.getcolors() or ()}
        assert colours == {(255, 0, 0), (0, 255, 0)}


def test_a_see_through_picture_stays_so(client: TestClient):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 60, 4), dtype=np.uint8)
    told = _handed_in(client, Image.fromarray(pixels), "PNG")
    shown = client.get(f"/api/pictures/{told['id']}", params={"long_side": 800})
    assert Image.open(io.BytesIO(shown.content)).mode == "RGBA"


def test_pixels_of_the_photograph_are_cut_out(server: Server, asked: dict[str, Any]):
    job = server.post("/api/jobs", asked)
    part = server.get(f"/api/jobs/{job['id']}/crop?of=content&x=10&y=20&w=30&h=40")
    whole = np.asarray(Image.open(io.BytesIO(server.get(f"/api/pictures/{asked['content']}"))))
    assert (np.asarray(Image.open(io.BytesIO(part))) == whole[20:60, 10:40]).all()
    assert server.ask("GET", f"/api/jobs/{job['id']}/crop?of=content&x=999")[0] == 422
    assert server.ask("GET", f"/api/jobs/{job['id']}/crop?w=9999")[0] == 422
    server.wait_for(job["id"], "done")


def test_there_are_never_more_than_400_points_of_a_curve():
    job = _job()
    for number in range(1, 5000):
        job.hear(_progress([(number, 1.0, float("nan"), 0.5)]))
    assert 150 <= len(job.losses) <= 400
    numbers = [row[0] for row in job.losses]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (1, 4999)
    job.hear(Began(job.id, 100, (64, 64)))
    assert job.losses[-1][0] <= 100
    msgspec.json.encode(job)


def test_changes_at_one_place_are_one():
    job = _job()
    for strength in range(100):
        job.hear(Changed(job.id, 1, 5, 5, {"strength": strength}))
    job.hear(Changed(job.id, 1, 5, 5, {"smoothness": 2}, protects=True, protect_id="map"))
    job.hear(Changed(job.id, 1, 6, 6, {"strength": 1}))
    assert [(one["evaluations"], one["options"]) for one in job.changes] == [
        (5, {"strength": 99, "smoothness": 2}),
        (6, {"strength": 1}),
    ]
    assert job.changes[0]["protect"] == "map"


def test_a_job_is_read_as_it_was_saved(tmp_path: Path):
    job = _job()
    job.hear(_progress([(1, 3.0, 2.0, 1.0)]))
    save_job(msgspec.json.encode(job), tmp_path / job.id)
    assert read_job(tmp_path / job.id) == job
    elsewhere = msgspec.structs.replace(job, file="../out.png")
    save_job(msgspec.json.encode(elsewhere), tmp_path / job.id)
    with pytest.raises(ValueError, match="another"):
        read_job(tmp_path / job.id)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("coffee by ink", "impasto-coffee-by-ink.png"),
        ("../../etc/passwd", "impasto-etc-passwd.png"),
        ("\u96ea", "impasto.png"),
        ("CON", "impasto-con.png"),
        ("x" * 300, f"impasto-{'x' * 60}.png"),
    ],
)
def test_results_have_plain_names(title: str, name: str):
    assert file_name(title) == name


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("px: give --size 52 or more", "px: give “Size” 52 or more"),
        ("give other --style-layers or --style-loss", "give other “Style layers” or “Style loss”"),
        ("a smaller --size, less --memory than now", "a smaller “Size”, less memory than now"),
        ("the photograph has none: give --regions", "the photograph has none: give regions"),
        ("pip install --no-deps impasto", "pip install --no-deps impasto"),
        ("nothing -- of that kind", "nothing -- of that kind"),
    ],
)
def test_the_page_speaks_of_controls_and_not_of_flags(said: str, told: str):
    job = _job()
    job.fail(said, 2)
    job.hear(Noted(job.id, said))
    assert (job.error, job.notes) == ({"message": told, "code": 2}, [told])


def test_a_slow_watcher_is_told_the_newest_alone():
    async def watch() -> bytes:
        watchers = Watchers()
        watcher = watchers.join()
        assert watcher is not None
        for number in range(1000):
            watchers.tell("job", "job", lambda number=number: {"id": "job", "n": number})
        told = await watcher.next(1)
        assert await watcher.next(0.01) == b": nothing new\n\n"
        watchers.leave(watcher)
        return told

    assert asyncio.run(watch()) == b'event: job\ndata: {"id":"job","n":999}\n\n'


def test_so_many_may_watch_and_no_more():
    async def watch() -> None:
        watchers = Watchers()
        joined = [watchers.join() for _ in range(MOST_WATCHERS)]
        assert all(joined)
        assert watchers.join() is None
        watchers.leave(joined[0])
        assert watchers.join() is not None

    asyncio.run(watch())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strength": 5, "style_loss": "sliced"},
        {"network": "original", "style_loss": "covariance"},
        {"style_scale": "0.5,2"},
    ],
)
def test_looks_are_four_that_can_be_painted(options: dict[str, Any]):
    asked = Asked("c", (AskedStyle("x"), AskedStyle("y")), options=options)
    settings = [check_options(one.options, one.preset) for _, one in looks(asked)]
    assert len({repr(one) for one in settings}) == 4
    assert {one.size for one in settings} == {256}


def test_looks_keep_the_shape_of_a_texture():
    asked = Asked(None, (AskedStyle("x"),), options={"size": "600x300", "strength": 10})
    found = looks(asked)
    assert all(one.options["size"] == "256x128" for _, one in found)
    settings = [check_options(one.options, one.preset) for _, one in found]
    assert len({repr(one) for one in settings}) == 4


def test_a_title_names_few_of_many_styles(tmp_path: Path):
    queue = _queue(tmp_path)
    for id_ in "abcdef":
        facts = Facts(id=id_, name=f"{id_}.jpg", sha256="", width=9, height=9, kind="photo")
        queue._pictures.known[id_] = facts
    titles = [
        queue._title(Asked("a", tuple(map(AskedStyle, styles)))) for styles in ("b", "bcd", "bcdef")
    ]
    assert titles == ["a by b", "a by b and c and d", "a by b and c and 3 others"]
    assert queue._title(Asked(None, (AskedStyle("b"),))) == "b"


def test_a_lock_is_gone_with_whoever_held_it(tmp_path: Path):
    folder = Folder(tmp_path / "studio")
    held = os.dup(folder.lock())
    folder.unlock()
    began = time.monotonic()
    other = Folder(tmp_path / "studio")
    with pytest.raises(OutputError, match="another studio"):
        other.lock()  # a helper still has it
    assert time.monotonic() - began > 1
    os.close(held)
    other.lock()
    other.unlock()


def test_half_a_picture_is_swept_and_a_strangers_folder_is_not(tmp_path: Path):
    folder = Folder(tmp_path / "studio")
    (folder.pictures / ("a" * 20)).mkdir()
    (folder.pictures / "mine").mkdir()
    Pictures(folder, None, 1)  # type: ignore[arg-type]
    assert [path.name for path in folder.pictures.iterdir()] == ["mine"]


def test_answers_are_as_they_are_documented(client: TestClient):
    shapes = client.get("/openapi.json").json()
    for method, path, status in (
        ("get", "/api/about", "200"),
        ("get", "/api/options", "200"),
        ("get", "/api/jobs/{id}", "200"),
        ("post", "/api/jobs", "201"),
        ("post", "/api/pictures", "201"),
    ):
        content = shapes["paths"][path][method]["responses"][status]["content"]
        assert "$ref" in content["application/json"]["schema"], path
    told.ToldStudio.model_validate(client.get("/api/about").json())
    told.ToldOptions.model_validate(client.get("/api/options").json())
    for example in client.get("/api/examples").json():
        told.ToldExample.model_validate(example)
    picture = _handed_in(client, Image.new("RGB", (50, 60), "red"), "PNG")
    told.ToldUpload.model_validate(picture)
    about = client.get(f"/api/pictures/{picture['id']}/about").json()
    assert told.ToldPicture.model_validate(about).width == 50
    asked = {"content": picture["id"], "styles": [{"picture": picture["id"]}]}
    job = client.post("/api/jobs", json=asked).json()
    told.ToldJob.model_validate(job)
    told.ToldJob.model_validate(client.post(f"/api/jobs/{job['id']}/cancel").json())
    told.ToldJobs.model_validate(client.get("/api/jobs").json())
    told.ToldFault.model_validate(client.post("/api/jobs", json={}).json())


def test_the_same_bytes_are_one_picture(client: TestClient):
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (60, 70, 3), np.uint8))
    one, two = (_handed_in(client, image, "PNG") for _ in range(2))
    assert one["id"] == two["id"]
    original = (_pictures_of(client) / one["id"] / "original").read_bytes()
    again = client.post("/api/pictures?name=other.png", content=original).json()
    assert (again["id"], again["name"]) == (one["id"], "other.png")
    assert client.get(f"/api/pictures/{one['id']}/about").json()["name"] == "other.png"
    other = _handed_in(client, image.rotate(180), "PNG")
    assert other["id"] != one["id"]
    shutil.rmtree(_pictures_of(client) / one["id"])  # by hand
    assert _handed_in(client, image, "PNG")["id"] != one["id"]


def test_a_picture_can_be_removed_that_no_job_uses(client: TestClient):
    image = Image.fromarray(np.random.default_rng(4).integers(0, 256, (60, 70, 3), np.uint8))
    used, free = (_handed_in(client, image.rotate(turn), "PNG")["id"] for turn in (0, 180))
    asked = {"content": used, "styles": [{"picture": used}], "options": {"size": 64}}
    job = client.post("/api/jobs", json=asked).json()["id"]
    refused = client.delete(f"/api/pictures/{used}")
    assert (refused.status_code, "use this picture" in refused.text) == (409, True)
    assert client.delete(f"/api/pictures/{free}").status_code == 204
    assert not (_pictures_of(client) / free).exists()
    assert client.delete(f"/api/pictures/{free}").status_code == 404
    assert client.get(f"/api/pictures/{free}/about").status_code == 404
    example = client.get("/api/examples").json()[0]["picture"]
    assert client.delete(f"/api/pictures/{example}").status_code == 409
    client.post(f"/api/jobs/{job}/cancel")


def test_old_pictures_go_at_the_start_if_no_job_has_them(tmp_path: Path):
    folder = Folder(tmp_path / "studio")
    new, asked, brought, trashed, example, gone = (letter * 20 for letter in "abcdef")
    for id_ in (new, asked, brought, trashed, example, gone):
        _picture_in(folder, id_, role="style" if id_ == example else None, is_old=id_ != new)
    job = msgspec.structs.replace(_job(), asked=Asked(asked, ()), brought=[brought])
    save_job(msgspec.json.encode(job), folder.jobs / job.id)
    job = msgspec.structs.replace(job, asked=Asked(trashed, ()), brought=[])
    save_job(msgspec.json.encode(job), folder.trash / f"{job.id}-1")
    # One of another version, which names its pictures all the same.
    (folder.jobs / ("9" * 20)).mkdir()
    (folder.jobs / ("9" * 20) / "job.json").write_text(f'{{"of": 2, "photo": "{gone}"}}')
    assert asyncio.run(_swept(folder)) == {new, asked, brought, trashed, example, gone}
    (folder.jobs / ("9" * 20) / "job.json").unlink()
    assert asyncio.run(_swept(folder)) == {new, asked, brought, trashed, example}
    # What cannot be looked at may name any of them.
    _picture_in(folder, gone, role=None, is_old=True)
    (folder.jobs / ("8" * 20) / "job.json").mkdir(parents=True)
    assert gone in asyncio.run(_swept(folder))


async def _swept(folder: Folder) -> set[str]:
    pictures = Pictures(folder, None, 1)  # type: ignore[arg-type]
    queue = Queue(folder, pictures, Watchers(), most=5, holds=0)
    await pictures.sweep(queue._shelf.named)
    assert set(pictures.known) == {path.name for path in folder.pictures.iterdir()}
    return set(pictures.known)


def _picture_in(folder: Folder, id_: str, *, role: str | None, is_old: bool) -> None:
    place = folder.pictures / id_
    place.mkdir()
    facts = Facts(id=id_, name="a", sha256="", width=9, height=9, kind="photo", role=role)
    (place / "picture.json").write_bytes(msgspec.json.encode(facts))
    if is_old:
        before = time.time() - (KEPT_DAYS + 1) * 86_400
        os.utime(place / "picture.json", (before, before))


def _pictures_of(client: TestClient) -> Path:
    return client.app._app.state.studio.folder.pictures


def test_a_log_goes_on_and_does_not_grow_for_ever(tmp_path: Path):
    log = tmp_path / "studio.log"
    for text in ("one", "two"):
        with appended(log) as stream:
            stream.write(text.encode())
    assert log.read_text() == "onetwo"
    with appended(log) as stream:
        stream.write(b"x" * 1_000_001)
    with appended(log) as stream:
        stream.write(b"new")
    assert log.read_text() == "new"
    assert (tmp_path / "studio.log.1").read_text().startswith("onetwoxxx")


def test_a_picture_whose_facts_are_damaged_is_left_where_it_is(tmp_path: Path):
    folder = Folder(tmp_path / "studio")
    place = folder.pictures / ("a" * 20)
    place.mkdir()
    (place / "original").write_bytes(b"a photograph")
    (place / "picture.json").write_text('{"of": "another version"}')
    assert not Pictures(folder, None, 1).known  # type: ignore[arg-type]
    assert (place / "original").read_bytes() == b"a photograph"


@pytest.mark.parametrize("has_checkpoint", [False, True])
def test_an_end_asked_of_a_job_that_is_being_parked_is_kept(tmp_path: Path, has_checkpoint: bool):
    async def park(queue: Queue) -> Job:
        [painter] = queue.crew.painters
        queue.jobs[job.id] = painter.job = job
        painter._hear(Held(job.id, True))
        queue.end(job, "stop")
        painter._hear(Ended(job.id, "parked"))
        await queue._shelf.settle()
        return job

    job, queue = _job(), _queue(tmp_path)
    place = queue.place(job)
    place.mkdir()
    if has_checkpoint:
        (place / CHECKPOINT).touch()
    asyncio.run(park(queue))
    assert (job.state, job.wish) == (
        ("interrupted", "stop") if has_checkpoint else ("cancelled", None)
    )


def test_a_job_is_not_painted_before_it_is_kept(tmp_path: Path):
    async def put(job: Job) -> None:
        assert job.id not in queue.jobs
        with pytest.raises(Full):
            queue.check_room(1)
        raise OutputError("no space left")

    queue = _queue(tmp_path, most=1)
    queue._shelf.put = put  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(OutputError):
            asyncio.run(queue.add(New(Asked("c", (AskedStyle("s"),), title="a"))))
    assert not queue.jobs
    queue.check_room(1)


def test_jobs_of_a_group_are_queued_all_or_none(tmp_path: Path):
    async def put(job: Job) -> None:
        if len(list(queue.place(job).parent.iterdir())) == 2:
            raise OutputError("no space left")
        await keep(job)

    queue = _queue(tmp_path)
    keep, queue._shelf.put = queue._shelf.put, put  # type: ignore[method-assign]
    looks = [New(Asked("c", (AskedStyle("s"),), title=name)) for name in "abcd"]
    with pytest.raises(OutputError):
        asyncio.run(queue.add(*looks))
    assert not queue.jobs
    assert not list((tmp_path / "studio" / "jobs").iterdir())
    with pytest.raises(Full):
        asyncio.run(queue.add(*looks, *looks))
    queue.check_room(5)


def test_a_job_that_cannot_be_thrown_away_is_still_there(tmp_path: Path):
    async def throw_away() -> None:
        queue.jobs[job.id] = job
        job.end("done")
        await queue.remove(job)

    job, queue = _job(), _queue(tmp_path)
    queue.place(job).mkdir()
    (tmp_path / "studio" / "trash").rmdir()
    with pytest.raises(OSError, match="No such"):
        asyncio.run(throw_away())
    assert queue.jobs == {job.id: job}


def test_a_painter_that_cannot_be_started_is_tried_again(tmp_path: Path):
    async def start() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(24, "Too many open files")

    queue, tries = _queue(tmp_path), []
    [painter] = queue.crew.painters
    painter._breath = 0.001
    painter.start = start  # type: ignore[method-assign]
    asyncio.run(painter._died())
    assert len(tries) == 3


def _queue(path: Path, most: int = 5) -> Queue:
    folder = Folder(path / "studio")
    pictures = Pictures(folder, None, 1)  # type: ignore[arg-type]
    return Queue(folder, pictures, Watchers(), most=most, holds=0)


def _handed_in(client: TestClient, image: Image.Image, kind: str, **more: Any) -> dict[str, Any]:
    data = io.BytesIO()
    image.save(data, kind, **more)
    found = client.post("/api/pictures", content=data.getvalue())
    assert found.status_code == 201, found.text
    return found.json()


def _job() -> Job:
    asked = Asked("c", (AskedStyle("s"),))
    return Job(id="a" * 20, number=1, title="", file="impasto.png", asked=asked, created=0.0)


def _progress(losses: list[tuple[int, float, float, float]]) -> Progress:
    return Progress("a" * 20, 1, 1, 1, 1, 0.5, 1.0, 1, 64, 64, 1, losses)
