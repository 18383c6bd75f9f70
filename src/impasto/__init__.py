"""impasto paints a photograph in the style of a painting (Gatys, Ecker and Bethge 2016).

    import impasto
    impasto.stylize("photo.jpg", "painting.jpg", size=512).save("painted.png")

Names are imported when they are first used (`__init__.pyi` says from where): `import impasto`
loads no torch.
"""

from importlib.metadata import version

import lazy_loader

__version__ = version("impasto")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
