"""How the shipped reader does on the frozen set: strict accuracy, the protected intents, whole entity lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.language.frozen.count import COUNTRIES, PROTECTED, REGISTERS, Line, entity_lines, utterances

import acuerdo.core.language as language
from acuerdo.core.language import Entity, Reading, load, read
from acuerdo.core.words import CAPITAL_ZONE

WORST = 15  # confusions shown
NOON = "2026-03-11T12:00:00"  # when an utterance without a reference is heard

Hear = Callable[[Line], Reading]
Found = tuple[str, str, str | None, str | None]


def reader() -> Hear:
    """The shipped model, hearing a line of the set in its country at its local time."""
    model = load((Path(language.__file__).parent / "model.bin").read_bytes())

    def hear(line: Line) -> Reading:
        at = datetime.fromisoformat(line.get("reference", NOON)).replace(tzinfo=ZoneInfo(CAPITAL_ZONE[line["country"]]))
        expected = (line["expected"]["kind"],) if "expected" in line else ()
        return read(line["text"], expected, at, line["country"], model)

    return hear


def _value(kind: str, value: str) -> str:
    return str(Decimal(value).normalize()) if kind in ("money", "percent") else value


def _meant(entity: Line) -> Found:
    return entity["kind"], _value(entity["kind"], entity["value"]), entity.get("currency"), entity.get("document")


def _read(entity: Entity) -> Iterable[Found]:
    """A range counts as its two ends."""
    for value in filter(None, (entity.value, entity.until)):
        yield entity.kind, _value(entity.kind, value), entity.currency, entity.document


def wholly_right(line: Line, entities: Iterable[Entity]) -> bool:
    """Nothing missed, nothing more, every value, currency and type of document as labelled; spans are not compared."""
    read_ = Counter(found for entity in entities for found in _read(entity))
    return read_ == Counter(_meant(entity) for entity in line["entities"])


def _share(right: int, of: int) -> str:
    return f"{right / of:.3f} ({right}/{of})" if of else "-"


def _by(lines: list[Line], right: list[bool], key: str, names: Iterable[str]) -> list[str]:
    kept = {name: [good for line, good in zip(lines, right, strict=True) if line[key] == name] for name in names}
    return [f"  {name}: {_share(sum(good), len(good))}" for name, good in kept.items()]


def _intent(name: str, meant: list[str], heard: list[str]) -> str:
    hit = sum(one == two == name for one, two in zip(meant, heard, strict=True))
    return f"  {name}: recall {_share(hit, meant.count(name))}, precision {_share(hit, heard.count(name))}"


def _intents(hear: Hear) -> list[str]:
    lines = utterances()
    meant = [line["intent"] for line in lines]
    heard = [hear(line).intents[0].name for line in lines]
    right = [one == two for one, two in zip(meant, heard, strict=True)]
    fair = sum(two in {line["intent"], *line.get("also", [])} for line, two in zip(lines, heard, strict=True))
    confused = Counter(pair for pair in zip(meant, heard, strict=True) if pair[0] != pair[1]).most_common(WORST)
    return [
        f"intents, strict: {_share(sum(right), len(lines))}; with `also`: {_share(fair, len(lines))}",
        *_by(lines, right, "country", COUNTRIES),
        *_by(lines, right, "register", REGISTERS),
        "protected:",
        *(_intent(name, meant, heard) for name in PROTECTED),
        "the others:",
        *(_intent(name, meant, heard) for name in sorted(set(meant) - set(PROTECTED))),
        "confused most (meant > heard):",
        *(f"  {one} > {two}: {times}" for (one, two), times in confused),
    ]


def _entities(hear: Hear) -> list[str]:
    lines = entity_lines()
    right = [wholly_right(line, hear(line).entities) for line in lines]
    empty = [good for line, good in zip(lines, right, strict=True) if not line["entities"]]
    kinds: dict[str, list[bool]] = {}
    for line, good in zip(lines, right, strict=True):
        for kind in {entity["kind"] for entity in line["entities"]}:
            kinds.setdefault(kind, []).append(good)
    return [
        f"entity lines wholly right: {_share(sum(right), len(lines))}",
        f"lines with nothing to find: {_share(sum(empty), len(empty))}",
        *_by(lines, right, "country", COUNTRIES),
        *(f"  with {kind}: {_share(sum(good), len(good))}" for kind, good in kinds.items()),
    ]


def report() -> str:
    """All figures as text; the lines themselves are not shown, so that nobody tunes to them."""
    hear = reader()
    return "\n".join([*_intents(hear), *_entities(hear), ""])
