# Every public name, and where it lives: `__init__.py` imports from here.
from .engine.checkpoint import Checkpoint as Checkpoint
from .engine.checkpoint import read_checkpoint as read_checkpoint
from .engine.checkpoint import write_checkpoint as write_checkpoint
from .engine.iterate import iterate as iterate
from .engine.iterate import paint as paint
from .engine.iterate import stylize as stylize
from .engine.painter import Painter as Painter
from .engine.prepare import prepare as prepare
from .engine.recipe import Recipe as Recipe
from .engine.reconstruct import reconstruct as reconstruct
from .engine.run import Run as Run
from .engine.step import Step as Step
from .errors import DeviceError as DeviceError
from .errors import ImpastoError as ImpastoError
from .errors import NonFiniteError as NonFiniteError
from .errors import OutputError as OutputError
from .errors import PictureError as PictureError
from .errors import UsageError as UsageError
from .errors import WeightsError as WeightsError
from .jobs.meter import Meter as Meter
from .measures.measure import Measures as Measures
from .measures.measure import measure as measure
from .network.encoder import Encoder as Encoder
from .pictures.picture import Picture as Picture
from .planning.plan import Plan as Plan
from .reading.sources import PictureSource as PictureSource
from .scene.styles import Style as Style
from .settings.reconstruction import reconstruction as reconstruction
from .settings.resources import Resources as Resources
from .settings.settings import Settings as Settings
from .sheets.sweep import Panel as Panel
from .sheets.sweep import Sweep as Sweep
from .sheets.sweep import sweep as sweep

__version__: str
