"""What people hand in and get back: pictures, and the only reading and writing of their files."""

from impasto.pictures.alpha import filled
from impasto.pictures.carrying import load_with_recipe, read_recipe_text
from impasto.pictures.colour import coloured_like, grey, lit_like, with_colours_of
from impasto.pictures.film import FILMS, save_film
from impasto.pictures.limits import Reading
from impasto.pictures.picture import Origin, Picture, Source
from impasto.pictures.profiles import in_space_of
from impasto.pictures.reading import digest_of, load
from impasto.pictures.regions import Served, check_shape, match_regions, read_colour
from impasto.pictures.relight import relit
from impasto.pictures.resample import enlarge, fine_detail, reflected, resize, smooth
from impasto.pictures.sources import as_picture
from impasto.pictures.style import Style, as_styles, cropped, shared_out
from impasto.pictures.writing import WRITABLE, check_fits, check_output, save

__all__ = [
    "FILMS",
    "WRITABLE",
    "Origin",
    "Picture",
    "Reading",
    "Served",
    "Source",
    "Style",
    "as_picture",
    "as_styles",
    "check_fits",
    "check_output",
    "check_shape",
    "coloured_like",
    "cropped",
    "digest_of",
    "enlarge",
    "filled",
    "fine_detail",
    "grey",
    "in_space_of",
    "lit_like",
    "load",
    "load_with_recipe",
    "match_regions",
    "read_colour",
    "read_recipe_text",
    "reflected",
    "relit",
    "resize",
    "save",
    "save_film",
    "shared_out",
    "smooth",
    "with_colours_of",
]
