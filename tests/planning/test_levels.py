import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto import PictureError, Settings, UsageError
from impasto.planning.levels import MOST_EMPHASIS, make_levels


def _sizes(content: tuple[int, int], **values: object) -> list[tuple[int, int]]:
    levels = make_levels(content, [((768, 1024), 1.0)], Settings(**values))
    return [(level.height, level.width) for level in levels]


def test_levels_halve_down_to_about_128():
    assert _sizes((768, 1024)) == [(96, 128), (192, 256), (384, 512)]
    assert _sizes((768, 1024), levels=1) == [(384, 512)]
    assert _sizes((768, 1024), size="original", levels=2) == [(384, 512), (768, 1024)]


@given(
    height=st.integers(32, 3000),
    width=st.integers(32, 3000),
    size=st.integers(32, 4096),
)
def test_every_level_is_fit_to_be_painted(height: int, width: int, size: int):
    settings = Settings(size=size)
    if round(min(height, width) * size / max(height, width)) < 32:
        with pytest.raises(UsageError, match="--size"):
            make_levels((height, width), [((40, 400), 1.0)], settings)
        return
    levels = make_levels((height, width), [((40, 400), 1.0)], settings)
    assert max(levels[-1].height, levels[-1].width) == size
    assert len(levels) > 1 or levels[0].content_emphasis == 1
    for level in levels:
        assert min(level.height, level.width) >= 32
        rows, columns = level.style_sizes[0]
        assert 32 <= rows <= 40
        assert 32 <= columns <= 400


def test_a_preview_keeps_of_the_content_what_the_print_keeps():
    def emphases(size: int) -> list[float]:
        levels = make_levels((768, 1024), [((99, 99), 1.0)], Settings(size=size))
        return [level.content_emphasis for level in levels]

    print_ = emphases(2048)
    assert print_[-2:] == [1, 1]
    assert emphases(256) == print_[:2]
    assert 1 < print_[1] < print_[0] <= MOST_EMPHASIS


def test_style_has_the_contents_area_but_is_never_enlarged():
    large, small = make_levels(
        (400, 400), [((2000, 1000), 1.0), ((50, 50), 1.0)], Settings(size=400)
    )[-1].style_sizes
    assert large[0] * large[1] == pytest.approx(400 * 400, rel=0.01)
    assert small == (50, 50)


def test_limits_repeat_and_may_not_be_too_many():
    levels = make_levels((768, 1024), [((99, 99), 1.0)], Settings(iterations="9,5"))
    assert [level.iterations for level in levels] == [9, 5, 5]
    with pytest.raises(UsageError, match="4 numbers for 3 levels"):
        make_levels((768, 1024), [((99, 99), 1.0)], Settings(iterations="9,5,5,5"))


def test_too_many_levels_are_refused():
    with pytest.raises(UsageError, match=r"levels cannot be 5 .* at most 4"):
        make_levels((768, 1024), [((99, 99), 1.0)], Settings(levels=5))


def test_small_and_narrow_pictures_are_refused():
    with pytest.raises(PictureError, match=r"31 x 99 px is too small.*32 px"):
        make_levels((99, 31), [((99, 99), 1.0)], Settings())
    with pytest.raises(UsageError, match="give --size 1600 or more"):
        make_levels((100, 5000), [((99, 99), 1.0)], Settings())


@pytest.mark.parametrize(
    ("size", "limits"), [(100, [4]), (256, [9, 4]), (512, [20, 9, 4]), (1024, [20, 20, 9, 4])]
)
def test_named_limits_fit_however_many_levels(size: int, limits: list[int]):
    settings = Settings(size=size, iterations="few")
    levels = make_levels((768, 1024), [((99, 99), 1.0)], settings)
    assert [level.iterations for level in levels] == limits


def test_a_texture_starts_coarser_than_a_photograph():
    settings = Settings(size="160x96", padding="wrap")
    levels = make_levels(None, [((99, 99), 1.0)], settings)
    assert [(level.height, level.width) for level in levels] == [(48, 80), (96, 160)]
