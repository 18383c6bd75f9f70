"""What strangers may not do to a studio: rows 65 to 74 of the faults it is built against."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from studio_server import ORIGIN, Server

pytest.importorskip("fastapi", reason="needs the extra studio")

from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from impasto.errors import UsageError
from impasto.studio import safety
from impasto.studio.app import make_app
from impasto.studio.serve import _token


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_foreign_hosts_are_refused(client: TestClient, host: str):
    found = client.get("/api/about", headers={"host": host})
    assert found.status_code == 403
    assert "127.0.0.1" in found.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:7860", "[::1]:7860", "LOCALHOST"])
def test_this_machine_is_known_by_its_names(client: TestClient, host: str):
    assert client.get("/api/about", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_other_pages_are_refused(client: TestClient, origin: str, method: str):
    found = client.request(method, "/api/jobs", headers={"origin": origin})
    assert found.status_code == 403


def test_what_browsers_say_of_other_sites_is_heeded(client: TestClient):
    for site in ("cross-site", "same-site"):
        assert client.get("/api/jobs", headers={"sec-fetch-site": site}).status_code == 403
        assert client.get("/", headers={"sec-fetch-site": site}).status_code == 200  # a link
    assert client.get("/api/jobs", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    own = {"origin": ORIGIN, "content-type": "application/json"}
    assert client.post("/api/jobs", headers=own, content=b"{}").status_code == 422


def test_every_answer_says_what_browsers_must_heed(client: TestClient):
    for path in ("/", "/api/about", "/docs", "/nowhere", "/api/jobs/x"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "access-control-allow-origin" not in headers


def test_no_answer_names_another_host(client: TestClient):
    page = client.get("/docs").text
    assert "://" not in page
    words = ("/api/jobs/{id}/back", "PostedJob", "protect", "Answers with ToldJob.", "seconds_left")
    assert all(word in page for word in words)
    assert client.get("/openapi.json").json()["info"]["title"] == "impasto studio"


def test_uploads_over_the_limit_are_refused_by_their_length(client: TestClient):
    found = client.post("/api/pictures", content=b"x" * 300_000)
    assert found.status_code == 413
    assert "0.2 MB" in found.json()["detail"]
    assert _leftovers(client) == []


def test_uploads_over_the_limit_are_refused_while_they_come(client: TestClient):
    def endless():
        for _ in range(300):
            yield b"x" * 1000

    found = client.post("/api/pictures", content=endless())  # without a Content-Length
    assert found.status_code == 413
    assert _leftovers(client) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a picture"),
        (b"<html><script>alert(1)</script></html>", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(client: TestClient, data: bytes, said: str):
    found = client.post("/api/pictures?name=evil%3Cb%3E.jpg", content=data)
    assert found.status_code == 422
    assert said in found.json()["detail"]
    assert str(_folder(client)) not in found.text
    assert "object at" not in found.text
    assert _leftovers(client) == []


def test_more_pixels_than_are_let_in_are_not_decoded(client: TestClient):
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", b"") + _chunk(b"IEND", b"")
    )
    found = client.post("/api/pictures", content=bomb)
    assert found.status_code == 422
    assert "30000 x 30000" in found.json()["detail"]
    small = client.post("/api/pictures", content=_png(1200, 1000))
    assert small.status_code == 422
    assert "1 million are let in" in small.json()["detail"]


def test_a_head_is_answered_as_a_get_without_its_body(client: TestClient):
    for path in ("/", "/page/main.js", "/api/jobs", "/openapi.json", "/nowhere"):
        head, got = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        same = ("content-type", "content-length", "x-content-type-options")
        assert [head.headers.get(name) for name in same] == [got.headers[name] for name in same]
    # An answer that does not end has headers all the same.
    assert client.head("/api/events").headers["content-type"].startswith("text/event-stream")
    assert client.head("/").headers["content-security-policy"]


def test_names_are_texts_and_no_paths(client: TestClient):
    names = (
        "../../etc/passwd",
        "a\0b.png",
        "..\\..\\x.png",
        "C:\\con.png",
        "\u202e.png",
        "x" * 999,
    )
    for number, name in enumerate(names):
        picture = _png(60 + number, 40)
        found = client.post("/api/pictures", params={"name": name}, content=picture)
        assert found.status_code == 201, found.text
        told = found.json()
        assert "/" not in told["name"]
        assert "\\" not in told["name"]
        assert len(told["name"]) <= 100
        assert set(_folder(client).joinpath("pictures", told["id"]).iterdir())
    names = {path.name for path in _folder(client).iterdir()}
    assert names == {"jobs", "pictures", "trash", "scratch", "studio.lock", "studio.log"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/pictures/..%2F..%2Fetc%2Fpasswd",
        "/api/pictures/../../jobs",
        "/api/jobs/..",
        "/api/jobs/%00/result",
        "/page/..%2F__init__.py",
        "/page/../app.py",
        "/page//etc/passwd",
        "/page/",
    ],
)
def test_paths_lead_nowhere_else(client: TestClient, path: str):
    found = client.get(path)
    assert found.status_code == 404
    assert found.json()["detail"]


@pytest.mark.parametrize("name", ["weights", "scratch", "device", "preset", "nonsense"])
def test_no_option_names_a_file(client: TestClient, name: str):
    picture = _picture(client)
    body = {"content": picture, "styles": [{"picture": picture}], "options": {name: "/etc/passwd"}}
    found = client.post("/api/jobs", json=body)
    assert found.status_code == 422
    assert found.json()["field"] == "options"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"content": "/etc/passwd"}, "content"),
        ({"content": "http://evil.example/x.png"}, "content"),
        ({"styles": []}, "styles"),
        ({"styles": [{"picture": "nothing"}]}, "styles[0].picture"),
        ({"regions": "nothing"}, "regions"),
        ({"preset": "/etc/passwd"}, "preset"),
        ({"options": {"init": "/etc/passwd"}}, "options.init"),
        ({"options": {"size": 3}}, "options.size"),
        ({"options": {"strength": "much"}}, "options.strength"),
        ({"options": {"strength": None}}, "options.strength"),
        ({"options": []}, "options"),
        ({"surprise": 1}, "surprise"),
        # What needs the pictures, and was left to the painter before.
        ({"options": {"style_layers": "relu9_1"}}, "options.style_layers"),
        ({"options": {"content_layers": "relu4_9:1"}}, "options.content_layers"),
        ({"options": {"style_blend": "1,2,3"}}, "options.style_blend"),
        ({"options": {"style_scale": "1,2"}}, "options.style_scale"),
        ({"options": {"init": "style:99"}}, "options.init"),
        ({"options": {"init": "content:0.5"}}, "options.init"),
        ({"options": {"size": "64x64"}}, "options.size"),
        ({"options": {"levels": 9}}, "options.levels"),
        ({"options": {"iterations": "1,2,3,4,5,6"}}, "options.iterations"),
        ({"content": None, "options": {"colour": "match"}}, "options"),
        ({"content": None, "options": {"size": "original"}}, "options.size"),
        ({"content": None, "options": {"init": "noise:0.3"}}, "options.init"),
    ],
)
def test_what_cannot_be_asked_for_is_told_with_its_field(
    client: TestClient, change: dict[str, Any], field: str
):
    picture = _picture(client)
    body = {"content": picture, "styles": [{"picture": picture}], **change}
    found = client.post("/api/jobs", json=body)
    assert found.status_code == 422
    assert found.json()["field"] == field
    assert found.json()["detail"].count("\n") == 0


def test_pictures_that_do_not_go_together_are_told_with_their_field(client: TestClient):
    photo, tiny, tall = (
        client.post("/api/pictures", content=_png(*size)).json()["id"]
        for size in ((48, 40), (31, 40), (40, 80))
    )
    style = {"picture": photo}
    for change, field, said in (
        ({"content": tiny}, "content", "31 x 40 px is too small"),
        ({"styles": [style, {"picture": tiny}]}, "styles[1].picture", "too small"),
        ({"styles": [{**style, "weight": 0}] * 2}, "styles", "weigh nothing in all"),
        ({"styles": [{**style, "regions": "#ff0000"}]}, "regions", "the photograph has none"),
        ({"regions": tall}, "regions", "40 x 80 px and the photograph 48 x 40 px"),
        ({"protect": tall}, "protect", "of the same shape"),
        ({"content": None, "regions": tall}, "regions", "a texture has no photograph"),
        (
            {"regions": photo, "styles": [{**style, "regions": tall}]},
            "styles[0].regions",
            "the map of style 1",
        ),
    ):
        body = {"content": photo, "styles": [style], **change}
        for path in ("/api/jobs", "/api/looks"):
            found = client.post(path, json=body)
            assert (found.status_code, found.json()["field"]) == (422, field)
            assert said in found.json()["detail"]
            assert "--" not in found.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff", b"[" * 100_000, b"NaN"])
def test_broken_bodies_are_refused(client: TestClient, body: bytes):
    headers = {"content-type": "application/json"}
    found = client.post("/api/jobs", content=body, headers=headers)
    assert found.status_code in (400, 422)
    assert found.json()["detail"]


def test_half_a_letter_in_what_was_posted_breaks_nothing(client: TestClient):
    picture = _picture(client)
    body = {"content": picture, "styles": [{"picture": picture}], "options": {"\ud800": 1}}
    headers = {"content-type": "application/json"}
    found = client.post("/api/jobs", content=json.dumps(body), headers=headers)
    assert (found.status_code, found.json()["field"]) == (422, "options")


def test_a_body_of_json_comes_at_once_or_not_at_all(monkeypatch: pytest.MonkeyPatch):
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    monkeypatch.setattr(safety, "_BODY_SECONDS", 0.1)
    sent: list[Message] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/jobs",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
    }
    asyncio.run(safety.Safety(reads)(scope, never, send))
    assert sent[0]["status"] == 408


def test_a_body_of_json_is_never_large(client: TestClient):
    body = b'{"title": "' + b"x" * 2_000_000 + b'"}'
    headers = {"content-type": "application/json"}
    assert client.post("/api/jobs", content=body, headers=headers).status_code == 413


def test_hostile_recipes_are_texts(client: TestClient):
    from PIL.PngImagePlugin import PngInfo

    for text in ('{"impasto recipe": 1}', "{", '{"impasto recipe": 1, "settings": 3}', "[" * 9999):
        info, data = PngInfo(), io.BytesIO()
        info.add_itxt("impasto", text)
        Image.new("RGB", (40, 40)).save(data, "PNG", pnginfo=info)
        found = client.post("/api/pictures", content=data.getvalue())
        assert found.status_code == 201
        assert found.json()["recipe"] is None


def test_a_full_queue_is_told_when_to_come_again(client: TestClient):
    picture = _picture(client)
    # Longer than asking for all takes.
    long = {"size": 64, "iterations": 1000, "tolerance": 0, "style_border": "keep"}
    body = {"content": picture, "styles": [{"picture": picture}], "options": long}
    made = [client.post("/api/jobs", json=body) for _ in range(7)]
    full = [found for found in made if found.status_code == 503]
    assert full
    assert int(full[0].headers["retry-after"]) > 0
    assert client.post("/api/looks", json=body).status_code == 503
    for found in made:
        if found.status_code == 201:
            client.post(f"/api/jobs/{found.json()['id']}/cancel")
    for _ in range(300):
        jobs = client.get("/api/jobs").json()["jobs"]
        if all(job["state"] in ("cancelled", "done") for job in jobs):
            break
        time.sleep(0.05)
    assert client.post("/api/looks", json=body).status_code == 201
    for job in client.get("/api/jobs").json()["jobs"]:
        client.post(f"/api/jobs/{job['id']}/cancel")


def test_titles_are_texts_and_results_have_names_of_their_own(
    server: Server, asked: dict[str, Any]
):
    title = "../../<script>alert('\u00e9')</script>\r\nX: y"
    job = server.wait_for(server.post("/api/jobs", {**asked, "title": title})["id"], "done")
    assert job["title"] == title
    files = {path.name for path in (server.folder / "jobs" / job["id"]).iterdir()}
    assert "impasto-script-alert-e-script-x-y.png" in files


def test_other_hosts_need_the_token(client: TestClient):
    studio = client.app._app.state.studio
    token = "abcdefabcdef1234"
    # The same studio, which is open already.
    other = TestClient(make_app(studio, token=token), base_url="http://192.168.0.7:7860")
    assert other.get("/api/jobs").status_code == 401
    assert other.get("/api/jobs", headers={"authorization": "Bearer wrong"}).status_code == 401
    bearer = {"authorization": f"Bearer {token}"}
    assert other.get("/api/jobs", headers=bearer).status_code == 200
    assert other.get("/api/jobs").status_code == 401
    page = other.get("/", params={"token": token}, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/")
    cookie = page.headers["set-cookie"].lower()
    assert "samesite=strict" in cookie
    assert "httponly" in cookie
    assert other.get("/api/jobs").status_code == 200
    foreign = {**bearer, "origin": "http://evil.example"}
    assert other.get("/api/jobs", headers=foreign).status_code == 403


def test_any_other_address_makes_a_token():
    assert _token("127.0.0.1", None) is None
    assert len(_token("0.0.0.0", None) or "") == 32
    assert _token("192.168.0.7", "abcdefabcdef1234") == "abcdefabcdef1234"
    with pytest.raises(UsageError, match="at least 12"):
        _token("0.0.0.0", "short")


def test_silent_clients_and_idle_streams_do_no_harm(
    server: Server, asked: dict[str, Any], pictures: tuple[Path, Path]
):
    host, _, port = server.address.removeprefix("http://").partition(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(60)]
    half = socket.create_connection((host, int(port)))
    half.sendall(b"POST /api/pictures HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n\r\nx")
    watching = []
    for _ in range(200):
        stream = socket.create_connection((host, int(port)))
        stream.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        watching.append(stream)
    assert all(b" 200 " in stream.recv(4096) for stream in watching)
    assert server.ask("GET", "/api/events")[0] == 503
    done = server.wait_for(server.post("/api/jobs", asked)["id"], "done")
    assert done["size"]
    for stream in (*silent, half, *watching):
        stream.close()
    for _ in range(100):
        if _streams(server):
            break
        time.sleep(0.05)
    assert _streams(server)


def _streams(server: Server) -> bool:
    """Return whether a stream can be had."""
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(server.address + "/api/events", timeout=10) as stream:
            return stream.readline() == b": hello\n"
    except urllib.error.HTTPError:
        return False


def _folder(client: TestClient) -> Path:
    return client.app._app.state.studio.folder.path


def _leftovers(client: TestClient) -> list[Path]:
    folder = _folder(client)
    unfinished = [p for p in (folder / "pictures").iterdir() if not (p / "picture.json").exists()]
    return [*(folder / "scratch").iterdir(), *unfinished]


def _picture(client: TestClient) -> str:
    return client.post("/api/pictures", content=_png(48, 40)).json()["id"]


def _png(width: int, height: int) -> bytes:
    data = io.BytesIO()
    ramp = np.linspace(0, 255, width * height * 3).reshape(height, width, 3)
    Image.fromarray(ramp.astype(np.uint8)).save(data, "PNG")
    return data.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
