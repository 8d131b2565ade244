"""Messages read for other programs: an object in, an object out, and a mistake in one is no end to the rest."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from acuerdo.core.language import Entity, Intent, Model, Reading, ranked
from acuerdo.core.language import entities as named
from acuerdo.core.language.spelling import Folded
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError, aware

EXPECTED = (
    "yes_no", "choice", "money", "date", "installments", "document", "email", "phone", "rating", "time",
    "document_tail",
)  # fmt: skip
LONGEST = 1_000_000  # bytes of one line
RANKED = 3
_BOTH_SAID = re.compile(r"\s(?:y|a|al|hasta|o|u)\s|\s?[-–]\s?", re.IGNORECASE)
OUTSIDE = "out_of_scope"  # where a model has no label of its own for it


class ParseFault(AcuerdoError):
    """A message to be read is not as it should be; the text says what is wrong."""


class Asked(msgspec.Struct, frozen=True):
    """What had been asked of the person: `kind` of `EXPECTED`, and for a choice what could be chosen."""

    kind: str
    options: list[str] = []


class Message(msgspec.Struct, frozen=True):
    """A message to be read. `reference`: its moment (ISO), of the country's capital unless it has an offset."""

    text: str
    country: str = ""
    reference: str = ""
    expected: Asked | None = None


class Ranked(msgspec.Struct, frozen=True):
    """An intent and how likely it is."""

    intent: str
    confidence: float


class Answer(msgspec.Struct, frozen=True):
    """What a message was read as, and the milliseconds that it took."""

    intent: str
    confidence: float
    ranking: list[Ranked]
    entities: list[Entity]
    commands: list[str]
    ms: float


class Refused(msgspec.Struct, frozen=True):
    """Why a line was not read."""

    error: str


@lru_cache(maxsize=1024)
def _moment(reference: str, country: str) -> datetime:
    try:
        at = datetime.fromisoformat(reference)
    except ValueError:
        raise ParseFault(f"reference {reference!r} is no moment; write it like 2026-11-23T10:00:00") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(CAPITAL_ZONE[country]))


def _told(entity: Entity) -> Iterator[Entity]:
    """The entity; the two ends of a range where both were said ("entre el 15 y el 20"), each in the range's place."""
    if not entity.until or not _BOTH_SAID.search(entity.text):
        yield entity
        return
    yield replace(entity, until="")
    yield replace(entity, value=entity.until, until="")


class Desk:
    """Reads messages with one model; `now`, `country` and `reference` hold for those that do not say their own."""

    def __init__(self, model: Model, now: datetime, country: str, reference: str = "") -> None:
        self._model, self._now, self._country, self._reference = model, now, country, reference
        self._decode, self._encode = msgspec.json.Decoder(Message).decode, msgspec.json.Encoder().encode

    def lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """A line of JSON for each, in order; an empty line is passed over."""
        for line in lines:
            if line.strip():
                yield self._encode(self._line(line)) + b"\n"

    def _line(self, line: bytes) -> Answer | Refused:
        try:
            if len(line) > LONGEST:
                raise ParseFault(f"a line of {len(line):,} bytes is no message; at most {LONGEST:,} are read")
            return self.read(self._decode(line))
        except (AcuerdoError, msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
            return Refused(" ".join(str(error).split()))

    def read(self, message: Message) -> Answer:
        """Reads one message. Raises ParseFault for a country, a moment or a kind of question that is not known."""
        began = time.perf_counter()
        country = message.country.upper() or self._country
        if country not in CAPITAL_ZONE:
            raise ParseFault(f"country {message.country!r} is not known; one of {', '.join(CAPITAL_ZONE)}")
        asked = message.expected
        if asked is not None and asked.kind not in EXPECTED:
            raise ParseFault(f"expected {asked.kind!r} is not known; one of {', '.join(EXPECTED)}")
        reference = message.reference or self._reference
        at = _moment(reference, country) if reference else self._now
        reading, ranking = self._read(message.text, (asked.kind,) if asked else (), at, country)
        return Answer(
            intent=ranking[0].name,
            confidence=ranking[0].confidence,
            ranking=[Ranked(one.name, one.confidence) for one in ranking],
            entities=[end for one in reading.entities for end in _told(one)],
            commands=list(reading.commands),
            ms=round((time.perf_counter() - began) * 1000, 3),
        )

    def _read(
        self, text: str, expected: tuple[str, ...], at: datetime, country: str
    ) -> tuple[Reading, tuple[Intent, ...]]:
        if self._model.reads == "collections":
            return ranked(text, expected, at, country, self._model, RANKED)
        judged = self._model.classify(text)
        names = sorted(judged.scores, key=lambda name: (-judged.scores[name], name))
        if judged.margin < self._model.margin:
            outside = self._model.outside or OUTSIDE
            names = [outside, *(name for name in names if name != outside)]
        told = tuple(Intent(name, round(judged.scores.get(name, 0.0), 4)) for name in names[:RANKED])
        folded, local = Folded(text), aware(at).astimezone(ZoneInfo(CAPITAL_ZONE[country]))
        found = tuple(named.cited(one, folded) for one in named.find(folded, local, country, expected))
        return Reading(told[:1], found, model=self._model.name), told
