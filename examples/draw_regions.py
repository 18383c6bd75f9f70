"""Draw the map of regions that goes with coffee.jpg: the cup white, the table black.

    python examples/draw_regions.py

A map is any picture in flat colours, one colour a region; a paint program does as well.
"""

from pathlib import Path

from PIL import Image, ImageDraw

SIZE = (600, 400)
SAUCER, CUP = (78, 61, 480, 387), (173, 17, 412, 230)  # left, top, right, bottom


def main() -> None:
    """Write coffee_regions.png beside this file."""
    drawn = Image.new("RGB", SIZE, "black")
    pen = ImageDraw.Draw(drawn)
    for ellipse in (SAUCER, CUP):
        pen.ellipse(ellipse, fill="white")
    drawn.save(Path(__file__).with_name("coffee_regions.png"), optimize=True)


if __name__ == "__main__":
    main()
