"""The studio's page as people use it: a real browser, a real server, the real network at 64 px."""

from __future__ import annotations

import base64
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_server import Server, asked_of

pytest.importorskip("fastapi", reason="the studio needs impasto[studio]")
api = pytest.importorskip("playwright.sync_api", reason="the page is tested through playwright")
expect = api.expect

HERE = Path(__file__).parent
SHOTS = HERE.parents[1] / "build" / "screenshots"
AXE = (HERE / "vendor" / "axe.min.js").read_text("utf-8")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

# A picture of 64 px in a second or two.
TINY = {"size": 64, "levels": "1", "iterations": "6", "tolerance": 0, "faces": "style"}
# One that goes on until it is stopped.
LONG = {**TINY, "iterations": "3000"}
WAIT_MS = 20_000  # the machines of the tests share their cores
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests here."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with api.sync_playwright() as playwright:
        try:
            made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except api.Error as missing:
            pytest.skip(f"no browser to test the page with: install chromium ({missing})")
        yield made
        made.close()


class Visit:
    """A person at the page, whose requests and faults are noted."""

    def __init__(self, context: Any, address: str) -> None:
        self.context, self.address = context, address
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page = self.turn()

    def turn(self) -> Any:
        """Open another tab."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        page.on("console", self._heard)
        return page

    def _heard(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def go(self, place: str = "") -> Any:
        """Open a view and wait until it is drawn."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/{place}")
        self.page.wait_for_selector("main[data-ready]")
        return self.page

    def asks_for(self, options: dict[str, Any]) -> None:
        """Begin with these options in the form."""
        draft = json.dumps(json.dumps({"options": options}))
        self.context.add_init_script(
            "if (location.protocol !== 'about:' && !localStorage.getItem('impasto.draft')) "
            f"localStorage.setItem('impasto.draft', {draft})"
        )

    def job(self) -> str:
        """Return the id of the job in sight."""
        self.page.wait_for_url("**/#/job/*")
        return self.page.url.rsplit("/", 1)[1]

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Callable[..., Visit]]:
    """Come to the page, as a browser of its own; nothing may ask another host, or fail."""
    visits = []

    def come(to: Server = server, **more: Any) -> Visit:
        size = {"width": 1280, "height": 800}
        context = browser.new_context(**{"viewport": size, "reduced_motion": "reduce", **more})
        visits.append(Visit(context, to.address))
        return visits[-1]

    yield come
    for job in server.get("/api/jobs")["jobs"]:
        server.post(f"/api/jobs/{job['id']}/cancel")
    for one in visits:
        one.context.close()
        own = (one.address, "blob:", "data:", "about:")
        assert [url for url in one.requests if not url.startswith(own)] == []
        assert one.faults == []


@pytest.fixture(scope="module")
def done(server: Server, pictures: tuple[Path, Path]) -> str:
    """A finished job."""
    asked = {**asked_of(server, pictures, evaluations=8), "title": "photo in painting"}
    job = server.post("/api/jobs", asked)["id"]
    server.wait_for(job, "done")
    return job


def begin(person: Visit, server: Server, pictures: tuple[Path, Path]) -> str:
    """Start a long run from the page, and wait for its first preview."""
    content, style = (server.upload(path) for path in pictures)
    asked = {"content": content, "styles": [{"picture": style}], "options": LONG, "title": "long"}
    job = server.post("/api/jobs", asked)["id"]
    person.go(f"#/job/{job}")
    expect(person.page.get_by_alt_text("The painting long")).to_be_visible()
    return job


def cancel(server: Server, job: str) -> None:
    server.post(f"/api/jobs/{job}/cancel")
    server.wait_for(job, "cancelled", "stopped", "done")


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_the_first_picture_is_two_clicks_away(visit, server):
    person = visit()
    page = person.go()
    expect(page.get_by_text("Drop a photograph here")).to_be_visible()
    expect(page.get_by_role("button", name="Paint", exact=True)).to_be_disabled()
    person.shot("empty")
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    press(page, "Paint")
    job = person.job()
    expect(page.get_by_alt_text("The painting")).to_be_visible()
    cancel(server, job)


def test_photographs_and_styles_are_chosen_pasted_and_dropped(visit, pictures):
    person = visit()
    page = person.go()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").first.click()
    chooser.value.set_files(pictures[0])
    expect(page.get_by_alt_text("The photograph photo.png")).to_be_visible()
    give(page, "paste", pictures[1], "pasted.png")
    expect(page.get_by_alt_text("The style pasted")).to_be_visible()
    give(page, "drop", pictures[1], "dropped.png")
    expect(page.get_by_alt_text("The style dropped")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_label("Weight of pasted").fill("40")
    page.get_by_role("button", name="Move dropped forward").click()
    page.get_by_role("button", name="Remove pasted").click()
    expect(page.locator(".tile")).to_have_count(2)
    page.reload()
    expect(page.locator(".tile")).to_have_count(2)
    person.shot("several-styles")


def give(page: Any, how: str, path: Path, name: str) -> None:
    """Hand a file in as the clipboard or a drop would."""
    page.evaluate(
        """([how, data, name]) => {
          const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type: "image/png" }));
          const told = { bubbles: true, cancelable: true };
          const event = how === "paste"
            ? new ClipboardEvent("paste", { ...told, clipboardData: transfer })
            : new DragEvent("drop", { ...told, dataTransfer: transfer });
          document.querySelector(how === "paste" ? "body" : ".start").dispatchEvent(event);
        }""",
        [how, base64.b64encode(path.read_bytes()).decode(), name],
    )


def test_a_control_is_marked_explained_and_reset(visit):
    page = visit().go()
    control = page.locator("[data-option=strength]")
    control.get_by_role("slider").fill("80")
    assert "changed" in control.get_attribute("class")
    expect(control.get_by_role("textbox")).to_have_value("80")
    control.get_by_role("button", name="About strength").click()
    expect(control.get_by_text("0 to 100")).to_be_visible()
    control.get_by_role("button", name="Reset strength").click()
    expect(control.get_by_role("textbox")).to_have_value("50")
    page.get_by_role("radio", name="Quick").check()
    expect(control.get_by_role("textbox")).to_have_value("53")


def test_a_refused_option_is_told_beside_it(visit):
    person = visit()
    person.asks_for({**TINY, "levels": "lots"})
    page = person.go()
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    press(page, "Paint")
    expect(page.locator("[data-option=levels] .wrong")).to_contain_text("lots")
    expect(page.locator("[data-option=levels]").get_by_role("textbox")).to_be_focused()
    person.shot("refused")
    assert serious(page) == []


def test_what_only_the_engine_knew_is_told_beside_its_option(visit):
    person = visit()
    person.asks_for({**TINY, "style_layers": "relu9_9"})
    page = person.go()
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    press(page, "Paint")
    expect(page.locator("[data-option=style_layers] .wrong")).to_contain_text("Unknown layer")
    press(page, "Four looks")
    expect(page.locator("[data-option=style_layers] .wrong")).to_contain_text("Unknown layer")


def test_what_cannot_be_painted_says_why_and_what_to_do(visit, server, pictures):
    person = visit()
    failed = failing(server, pictures)
    page = person.go(f"#/job/{failed}")
    expect(page.locator(".trouble-card")).to_contain_text("the photograph's map has not")
    # To try it again would end in the same way.
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    press(page, "Paint again with changes")
    expect(page.locator("[data-option=strength]").get_by_role("textbox")).to_have_value("61")


def failing(server: Server, pictures: tuple[Path, Path]) -> str:
    """Queue a job that fails where its map's pixels are looked at."""
    content, style = (server.upload(path) for path in pictures)
    styles = [{"picture": style, "regions": "#010203"}]
    options = {**TINY, "strength": 61}
    asked = {"content": content, "styles": styles, "regions": content, "options": options}
    job = server.post("/api/jobs", asked)["id"]
    server.wait(job, lambda job: job["state"] == "failed")
    return job


@pytest.mark.parametrize(
    "kept", ['{"styles": null}', '{"styles": [1]}', '{"options": null}', '{"content": 5}', "7", "{"]
)
def test_a_draft_of_another_version_is_left_aside(visit, kept):
    me = visit()
    kept = json.dumps(kept)
    me.context.add_init_script(
        f"try {{ localStorage.setItem('impasto.draft', {kept}) }} catch {{}}"
    )
    page = me.go()
    expect(page.get_by_role("heading", name="Photograph")).to_be_visible()
    expect(page.locator(".style-card img").first).to_be_visible()


def test_a_draft_is_kept_while_the_server_is_away(visit):
    page = visit().go()
    page.get_by_role("button", name="coffee").click()
    expect(page.locator("figure img[alt*=coffee]")).to_be_visible()
    away = re.compile("long_side|about")
    page.route(away, lambda route: route.abort())
    page.reload()
    page.wait_for_timeout(500)
    page.unroute(away)
    page.reload()
    expect(page.locator("figure img[alt*=coffee]")).to_be_visible()
    page.route(away, lambda route: route.fulfill(status=404, json={"detail": "gone"}))
    page.reload()
    expect(page.get_by_text("Drop a photograph here")).to_be_visible()


def test_pictures_with_long_names_can_be_painted(visit, server, pictures):
    me = visit()
    ids = [server.upload(pictures[1]) for _ in range(3)]
    name = "\U0001f3a8" * 99
    styles = [
        {"picture": {"id": one, "name": name, "width": 96, "height": 80}, "weight": 1, "scale": 1}
        for one in ids
    ]
    draft = json.dumps(
        json.dumps({"content": styles[0]["picture"], "styles": styles, "options": TINY})
    )
    me.context.add_init_script(
        f"if (location.protocol !== 'about:') localStorage.setItem('impasto.draft', {draft})"
    )
    me.go().get_by_role("button", name="Paint", exact=True).click()
    assert len(server.job(me.job())["title"]) == 200


def test_many_styles_stay_in_their_places(visit, server, done):
    asked = server.job(done)["asked"]
    many = {**asked, "styles": asked["styles"] * 12, "title": "many"}
    job = server.post("/api/jobs", many)["id"]
    for width in (1280, 380):
        person = visit(viewport={"width": width, "height": 800})
        page = person.go(f"#/job/{job}")
        expect(page.get_by_role("button", name="Style 12")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        panel = page.locator(".panel").bounding_box()
        for picture in page.locator(".fact-pictures img").all():
            box = picture.bounding_box()
            assert box["x"] + box["width"] <= panel["x"] + panel["width"]
        person.shot(f"many-{width}")
    cancel(server, job)


def test_addresses_that_lead_nowhere_leave_the_page_whole(visit):
    page = visit().go("#/constructor")
    expect(page.get_by_role("heading", name="Photograph")).to_be_visible()
    for odd in ("#/__proto__", "#/job/", "#/looks/"):
        page.evaluate("odd => { location.hash = odd }", odd)
        expect(page.get_by_role("heading", name="Photograph")).to_be_visible()
    for odd in ("#/job/nothing", "#/job/%E0%A4", "#/looks/nothing"):
        page.evaluate("odd => { location.hash = odd }", odd)
        expect(page.locator("main h1")).to_contain_text(re.compile("not here|not be shown"))
    page.get_by_role("link", name="New", exact=True).click()
    expect(page.get_by_role("heading", name="Photograph")).to_be_visible()


def test_four_looks_are_painted_and_one_is_painted_large(visit, server):
    person = visit()
    person.asks_for({**TINY, "size": 300})
    page = person.go()
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    press(page, "Four looks")
    page.wait_for_url("**/#/looks/*")
    expect(page.get_by_role("radio")).to_have_count(4)
    expect(page.get_by_role("button", name="Paint large")).to_be_disabled()
    expect(page.locator(".look-picture:not(.waits)").nth(1)).to_be_visible()
    page.locator(".look").nth(1).click()
    person.shot("looks")
    assert serious(page) == []
    press(page, "Paint large")
    job = server.job(person.job())
    assert job["look"] is None
    options = job["asked"]["options"]
    assert options == {**TINY, "size": 300, "strength": options["strength"]}
    assert options["strength"] < 50
    page.get_by_role("link", name="New", exact=True).click()
    expect(page.locator("[data-option=strength]")).to_have_class("control changed")


def test_regions_are_painted_served_and_opened_again(visit, server, pictures):
    person = visit()
    person.asks_for(TINY)
    page = person.go()
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    press(page, "Add another style")
    page.get_by_role("group", name="Example styles").get_by_role("button").nth(1).click()
    press(page, "Regions")
    dialog = page.get_by_role("dialog")
    easel = page.locator(".easel-map")
    stroke(page, easel, (0.2, 0.3), (0.6, 0.5))
    assert labels_of(easel) == 2
    press(dialog, "Undo (Ctrl+Z)")
    assert labels_of(easel) == 1
    page.keyboard.press("Control+Shift+Z")
    assert labels_of(easel) == 2
    page.keyboard.press("e")
    expect(dialog.get_by_role("button", name="Eraser (E)")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("b")
    easel.focus()
    for key in ("ArrowDown", "Space", "Shift+ArrowRight"):
        page.keyboard.press(key)
    dialog.get_by_label("Regions in the style").nth(0).select_option(label="Only Everything else")
    dialog.get_by_label("Regions in the style").nth(1).select_option(label="Only Everything else")
    press(dialog, "Done")
    expect(dialog.get_by_text("No style serves “Part 2”")).to_be_visible()
    dialog.get_by_label("Regions in the style").nth(1).select_option(label="Only Part 2")
    dialog.get_by_role("tab", name="Protect").click()
    stroke(page, easel, (0.8, 0.1), (0.9, 0.2))
    person.shot("regions")
    assert serious(page) == []
    press(dialog, "Done")
    expect(page.get_by_role("button", name="Regions, painted")).to_be_visible()
    page.get_by_role("button", name="Regions, painted").click()
    expect(page.get_by_role("tab", name="Protect")).to_have_class("target painted")
    assert labels_of(easel) == 2
    press(dialog, "Cancel")
    press(page, "Paint")
    job = server.wait_for(person.job(), "done")
    assert job["asked"]["regions"]
    assert job["asked"]["protect"]
    assert [style["regions"] for style in job["asked"]["styles"]] == ["#666666", "#4477aa"]


def test_what_was_painted_over_a_picture_is_not_lost(visit):
    page = visit().go()
    page.get_by_role("button", name="coffee").click()
    press(page, "Regions")
    stroke(page, page.locator(".easel-map"), (0.2, 0.3), (0.6, 0.5))
    asked = []
    page.on("dialog", lambda question: (asked.append(question.type), question.dismiss()))
    page.evaluate("() => { location.reload() }")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    page.route("**/api/pictures?*", lambda route: route.abort())
    dialog = page.get_by_role("dialog")
    press(dialog, "Done")
    expect(dialog.get_by_text("The studio does not answer")).to_be_visible()
    page.unroute("**/api/pictures?*")
    press(dialog, "Done")
    expect(page.get_by_role("button", name="Regions, painted")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Regions, painted")).to_be_visible()
    assert len(asked) == 1


def test_back_leaves_the_regions_and_not_the_view(visit, pictures):
    person = visit()
    person.go("#/queue")
    page = person.page
    page.goto(f"{person.address}/#/start")
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    dialog = page.get_by_role("dialog")
    press(page, "Regions")
    page.go_back()
    expect(dialog).to_have_count(0)
    assert page.url.endswith("#/start")
    # What was painted is not lost by it.
    press(page, "Regions")
    stroke(page, page.locator(".easel-map"), (0.2, 0.2), (0.8, 0.2))
    page.go_back()
    expect(dialog).to_contain_text("Cancel leaves it")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    press(dialog, "Cancel")
    expect(dialog).to_have_count(0)
    # No entry is left over: Back leads where it would have led before.
    page.wait_for_timeout(200)
    page.go_back()
    page.wait_for_url("**/#/queue")


def stroke(page: Any, easel: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    easel.hover()  # waits until it lies still
    box = easel.bounding_box()
    x, y, width, height = (box[name] for name in ("x", "y", "width", "height"))
    page.mouse.move(x + start[0] * width, y + start[1] * height)
    page.mouse.down()
    page.mouse.move(x + end[0] * width, y + end[1] * height, steps=8)
    page.mouse.up()


def labels_of(easel: Any) -> int:
    """Return how many colours a map has: none of them a soft edge."""
    return easel.evaluate(
        """(canvas) => {
          const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(image.data.buffer)).size;
        }"""
    )


def test_a_run_is_changed_paused_reloaded_and_kept(visit, server, pictures):
    person = visit()
    job = begin(person, server, pictures)
    page = person.page
    person.shot("running")
    assert serious(page) == []
    page.locator(".live [data-option=strength]").get_by_role("slider").fill("70")
    expect(page.locator(".changes")).to_contain_text("strength 70")
    expect(page.locator(".mark-change")).to_have_count(1)
    press(page, "Pause")
    expect(page.locator(".progress-state")).to_contain_text("Paused")
    page.reload()
    expect(page.get_by_role("heading", name="long")).to_be_visible()
    expect(page.locator(".progress-state")).to_contain_text("Paused")
    expect(page.locator(".changes")).to_contain_text("strength 70")
    person.shot("paused")
    press(page, "Go on")
    press(page, "Stop and keep")
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    assert server.job(job)["state"] == "stopped"
    press(page, "Go on")
    expect(page.locator(".stage-picture")).to_have_attribute("src", re.compile("preview"))
    cancel(server, job)


def test_earlier_steps_are_looked_at_and_gone_back_to(visit, server, pictures):
    person = visit()
    job = begin(person, server, pictures)
    page = person.page
    page.locator(".frame").nth(2).wait_for()
    press(page, "Pause")
    expect(page.locator(".progress-state")).to_contain_text("Paused")
    page.locator(".frame").first.click()
    expect(page.get_by_alt_text("An earlier step")).to_be_visible()
    press(page, "Go on from here")
    expect(page.locator(".frame")).to_have_count(1)
    cancel(server, job)


def test_parts_are_protected_while_it_paints(visit, server, pictures):
    person = visit()
    job = begin(person, server, pictures)
    page = person.page
    press(page, "Protect parts")
    stroke(page, page.locator(".easel-map"), (0.2, 0.2), (0.8, 0.2))
    press(page.get_by_role("dialog"), "Done")
    expect(page.locator(".changes")).to_contain_text("protect")
    cancel(server, job)


def test_a_result_is_compared_magnified_and_downloaded(visit, server, done):
    person = visit()
    page = person.go(f"#/job/{done}")
    press(page, "Photograph")
    slider = page.get_by_role("slider", name="Compare")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext").startswith("49 %")
    person.shot("compare")
    press(page, "Style")
    press(page, "Style")
    expect(slider).to_be_hidden()
    page.locator(".stage-port").focus()
    page.keyboard.press("1")
    expect(page.locator(".stage-percent")).to_have_text("100 %")
    for _ in range(5):
        page.keyboard.press("+")
    expect(page.locator(".stage-percent")).to_have_text("759 %")
    for name, ending in (("Download", ".png"), ("Recipe", ".json"), ("Contact sheet", ".png")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
    person.shot("done")


def test_a_result_opens_its_recipe_and_is_painted_again(visit, server, done, tmp_path):
    status, data = server.ask("GET", f"/api/jobs/{done}/result")
    assert status == 200
    path = tmp_path / "result.png"
    path.write_bytes(data)
    person = visit()
    page = person.go()
    give(page, "drop", path, "result.png")
    expect(page.get_by_text("Opened the recipe of result.png")).to_be_visible()
    expect(page.locator("[data-option=size]").get_by_role("textbox")).to_have_value("64")
    expect(page.get_by_alt_text("The photograph photo.png")).to_be_visible()
    person.go(f"#/job/{done}")
    press(page, "Paint again with changes")
    expect(page.locator("[data-option=size]").get_by_role("textbox")).to_have_value("64")
    press(page, "Paint")
    assert person.job() != done
    server.wait_for(person.job(), "done")


def test_pictures_are_listed_deleted_and_brought_back(visit, server, pictures):
    job = server.post("/api/jobs", {**asked_of(server, pictures, 2), "title": "to go"})["id"]
    server.wait_for(job, "done")
    person = visit()
    page = person.go("#/queue")
    card = page.locator(".gallery-card", has_text="to go")
    expect(card).to_be_visible()
    person.shot("queue")
    press(page, "Delete to go")
    expect(card).to_have_count(0)
    press(page, "Undo")
    expect(card).to_have_count(1)
    press(page, "Delete to go")
    press(page.locator(".notice", has_text="Deleted to go"), "Close")
    expect(card).to_have_count(0)
    end = time.monotonic() + 10
    while server.ask("GET", f"/api/jobs/{job}")[0] != 404:
        assert time.monotonic() < end


def test_a_killed_server_comes_back_to_the_same_page(visit, start, pictures):
    first = start()
    person = visit(first)
    job = begin(person, first, pictures)
    page = person.page
    made = first.job(job)["progress"]["evaluations"]
    first.kill()
    expect(page.get_by_text("The studio does not answer")).to_be_visible()
    person.shot("away")
    port = first.address.rsplit(":", 1)[1]
    again = start(first.folder, "--port", port)
    expect(page.locator("#banner")).to_be_hidden()
    again.evaluated(job, made + 1)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    cancel(again, job)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_a_serious_fault_of_accessibility(visit, done, scheme):
    person = visit(color_scheme=scheme)
    page = person.go()
    assert serious(page) == []
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    for fold in page.locator("details.fold").all():
        fold.locator("summary").click()
    assert serious(page) == []
    person.shot(f"start-{scheme}")
    press(page, "Regions")
    assert serious(page) == []
    for place in (f"#/job/{done}", "#/queue"):
        person.go(place)
        assert serious(page) == []
        person.shot(f"{place[2:5]}-{scheme}")
    person.go(f"#/job/{done}")
    press(page, "Photograph")
    assert serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_a_job_has_a_serious_fault_either(visit, server, pictures, scheme):
    person = visit(color_scheme=scheme)
    job = begin(person, server, pictures)
    page = person.page
    asked = server.job(job)["asked"]
    waiting = server.post("/api/looks", {**asked, "options": TINY})
    assert serious(page) == []
    person.shot(f"running-{scheme}")
    for place in (f"#/looks/{waiting['group']}", f"#/job/{waiting['jobs'][0]['id']}", "#/queue"):
        person.go(place)
        assert serious(page) == []
        person.shot(f"waiting-{place[2:5]}-{scheme}")
    for one in (job, *(look["id"] for look in waiting["jobs"])):
        server.post(f"/api/jobs/{one}/cancel")
    failed = failing(server, pictures)
    person.go(f"#/job/{failed}")
    expect(page.locator(".trouble-card")).to_be_visible()
    assert serious(page) == []
    person.shot(f"error-{scheme}")


def serious(page: Any) -> list[str]:
    """Return the serious and critical faults that axe-core finds in what is in sight."""
    page.wait_for_timeout(100)
    page.evaluate(AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{fault['id']}: {part['html'][:200]} {part['failureSummary'][:300]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for part in fault["nodes"]
    ]


def test_nothing_is_wider_than_a_small_telephone(visit, done):
    person = visit(viewport={"width": 380, "height": 760})
    for name, place in (("start", ""), ("job", f"#/job/{done}"), ("queue", "#/queue")):
        page = person.go(place)
        assert page.evaluate("document.documentElement.scrollWidth") == 380
        person.shot(f"narrow-{name}")
    person.go()
    page.get_by_role("group", name="Example photographs").get_by_role("button").first.click()
    press(page, "Regions")
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 380
    person.shot("narrow-regions")
