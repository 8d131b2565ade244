"""Models in a folder, each under the hash of its content with its card beside it."""

from __future__ import annotations

from pathlib import Path

from acuerdo.adapters.learning import card
from acuerdo.adapters.learning.training import Trained
from acuerdo.core.language.model import Model, load
from acuerdo.core.words import AcuerdoError

LATEST = "latest"
SUFFIX = ".model"


class NoModel(AcuerdoError):
    """There is no model at this place."""


def keep(trained: Trained, folder: Path) -> Path:
    """Writes a model and its card (JSON and Markdown) under the model's name, and names it as the folder's latest."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{trained.card.name}{SUFFIX}"
    path.write_bytes(trained.data)
    path.with_suffix(".json").write_bytes(card.as_json(trained.card))
    path.with_suffix(".md").write_text(card.as_page(trained.card), "utf-8")
    (folder / LATEST).write_text(trained.card.name + "\n", "utf-8")
    return path


def open_model(place: Path) -> Model:
    """The model in that file, or the latest of that folder. Raises NoModel, ModelFault."""
    if place.is_dir():
        named = place / LATEST
        if not named.is_file():
            raise NoModel(f"{place} holds no model; make one with acuerdo language train --out {place}")
        place = place / f"{named.read_text('utf-8').strip()}{SUFFIX}"
    if not place.is_file():
        raise NoModel(f"{place} is no model; make one with acuerdo language train")
    return load(place.read_bytes())
