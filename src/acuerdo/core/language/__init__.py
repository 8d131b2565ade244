"""Text to intents, entities and commands of a closed set."""

from acuerdo.core.language.model import Model, ModelFault, load
from acuerdo.core.language.reading import COMMANDS, INTENTS, Entity, Intent, Reading
from acuerdo.core.language.understanding import ranked, read

__all__ = ["COMMANDS", "INTENTS", "Entity", "Intent", "Model", "ModelFault", "Reading", "load", "ranked", "read"]
