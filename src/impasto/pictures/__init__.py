"""What people hand in and get back: pictures, and the only reading and writing of their files."""

from impasto.pictures.files import check_output, load, save
from impasto.pictures.picture import Picture
from impasto.pictures.resample import enlarge, resize, smooth
from impasto.pictures.sources import as_picture
from impasto.pictures.style import Style, as_styles

__all__ = [
    "Picture",
    "Style",
    "as_picture",
    "as_styles",
    "check_output",
    "enlarge",
    "load",
    "resize",
    "save",
    "smooth",
]
