"""What people hand in and get back: pictures, and the only reading and writing of their files."""

from impasto.pictures.colour import coloured_like, grey, lit_like, with_colours_of
from impasto.pictures.files import check_output, load, save
from impasto.pictures.picture import Picture
from impasto.pictures.regions import Served, check_shape, match_regions, read_colour
from impasto.pictures.resample import enlarge, resize, smooth
from impasto.pictures.sources import as_picture
from impasto.pictures.style import Style, as_styles, cropped

__all__ = [
    "Picture",
    "Served",
    "Style",
    "as_picture",
    "as_styles",
    "check_output",
    "check_shape",
    "coloured_like",
    "cropped",
    "enlarge",
    "grey",
    "lit_like",
    "load",
    "match_regions",
    "read_colour",
    "resize",
    "save",
    "smooth",
    "with_colours_of",
]
