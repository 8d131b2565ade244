"""The reading of a message: clauses scored and cued, priority between them, and the light of what was asked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from acuerdo.core.language import answers, entities
from acuerdo.core.language.cues import Hits
from acuerdo.core.language.features import View, view
from acuerdo.core.language.model import Model
from acuerdo.core.language.reading import FILLERS, PRIORITY, PROTECTED, Entity, Intent, Reading
from acuerdo.core.language.spelling import Folded, clauses
from acuerdo.core.language.stops import asks_again, no_stop, stop_said
from acuerdo.core.words import CAPITAL_ZONE, aware

_RANK = {name: place for place, name in enumerate(PRIORITY)}
_SURE = 0.97
_TOLD = 0.35  # the least a clause of its own must score to be told beside the main intent
_UNCLEAR = 0.4  # below this, a message of one sentence is read again between its commas
_STRANGE = 0.5  # the least score of a message of words never seen
_MOST_CLAUSES = 6


def read(text: str, expected: tuple[str, ...], at: datetime, country: str, model: Model) -> Reading:
    """What `text` says, in the light of what the dialogue waits for.

    `expected`: any of yes_no, date, money, installments, document, document_tail, rating, email, phone, choice, time.
    `at`: the moment of the message, aware; dates are read in the zone of `country`'s capital.
    Raises AcuerdoError when `at` does not say its zone. Any text is read; only its first 2,000 characters count.
    """
    return _read(text, expected, at, country, model)[0]


def ranked(
    text: str, expected: tuple[str, ...], at: datetime, country: str, model: Model, most: int = 3
) -> tuple[Reading, tuple[Intent, ...]]:
    """As `read`, and the `most` likeliest intents: those that the reading tells, then the model's next best."""
    reading, whole = _read(text, expected, at, country, model)
    told = {one.name for one in reading.intents}
    scores = model.score(whole.heard, whole.extra)
    rest = sorted((name for name in scores if name not in told), key=scores.__getitem__, reverse=True)
    return reading, (*reading.intents, *(Intent(name, round(scores[name], 4)) for name in rest[:most]))[:most]


def _read(text: str, expected: tuple[str, ...], at: datetime, country: str, model: Model) -> tuple[Reading, View]:
    folded = Folded(text)
    local = aware(at).astimezone(ZoneInfo(CAPITAL_ZONE[country]))
    named = entities.find(folded, local, country, expected)
    whole = view(folded.text, named, model.lexicon, model.concepts)
    settled = answers.settle(whole, named, expected)
    intents, commands = _stopped(text, settled.intents or _intents(folded.text, named, whole, model), settled.commands)
    reading = Reading(
        intents=intents,
        entities=tuple(entities.cited(entity, folded) for entity in named),
        commands=commands,
        model=model.name,
    )
    return reading, whole


def _stopped(
    text: str, intents: tuple[Intent, ...], commands: tuple[str, ...]
) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    """What a message says, with what it asks of messages to come: that is known by its words, not by likeness."""
    said = stop_said(text)
    if said == "channel":
        return (Intent("opt_out", 1.0),), tuple(sorted({*commands, "stop_word"}))
    if said == "all":
        told = {one.name: one for one in (*intents, Intent("opt_out", _SURE))}
        told.pop("out_of_scope", None)
        first = tuple(sorted(told.values(), key=lambda one: _RANK.get(one.name, len(_RANK))))
        return first, tuple(name for name in commands if name != "stop_word")
    again = asks_again(text)
    if again or no_stop(text):
        intents = tuple(one for one in intents if one.name != "opt_out") or (Intent("out_of_scope", 0.5),)
    return intents, tuple(sorted({*commands, "write_again"})) if again else commands


def _intents(folded: str, named: tuple[Entity, ...], whole: View, model: Model) -> tuple[Intent, ...]:
    scores = _scores(folded, named, whole, model)
    strange = not model.knows(whole.heard) and max(scores.values()) < _STRANGE
    return _ranked(scores, strange or _unlike(whole, model))


def _unlike(whole: View, model: Model) -> bool:
    """Whether the message is like nothing of the corpus; a sure cue is never turned away."""
    return not whole.hits.sure and model.judge(whole.heard, whole.extra).margin < model.margin


def _scores(folded: str, named: tuple[Entity, ...], whole: View, model: Model) -> dict[str, float]:
    """The best score of each intent over the whole message and each of its clauses, cues counted."""
    scores = _cued(model.score(whole.heard, whole.extra), whole.hits)
    parts = clauses(folded)
    best = max(scores, key=scores.__getitem__)
    if len(parts) < 2 and (scores[best] < _UNCLEAR or best in FILLERS):
        parts = folded.split(",")
    if len(parts) < 2:
        return scores
    begin = 0
    for part in parts[:_MOST_CLAUSES]:
        begin = folded.index(part, begin)
        if len(part) < 3:
            continue
        own = view(part, named, model.lexicon, model.concepts, begin)
        if len(own.heard) < 2:
            continue
        for name, score in _cued(model.score(own.heard, own.extra), own.hits).items():
            if score >= _TOLD and name != "out_of_scope":
                scores[name] = max(scores[name], score * 0.9)
    return scores


def _cued(scores: dict[str, float], hits: Hits) -> dict[str, float]:
    for name in hits.sure:
        if name not in hits.never:
            scores[name] = max(scores[name], _SURE if name in PROTECTED else 0.5 + scores[name] / 2)
    for name in hits.never:
        scores[name] *= 0.3
    return scores


def _ranked(scores: dict[str, float], outside: bool) -> tuple[Intent, ...]:
    """The intents said, by priority among those that are nearly as sure as the surest, or out of scope."""
    best = max(scores, key=scores.__getitem__)
    if outside and best != "out_of_scope":
        return (Intent("out_of_scope", round(1 - scores[best], 4)), Intent(best, round(scores[best], 4)))
    least = max(_TOLD, 0.5 * scores[best])
    told = [name for name, score in scores.items() if score >= least or name == best]
    if len(told) > 1:
        told = [name for name in told if name not in FILLERS and name != "out_of_scope"] or [best]
    told.sort(key=lambda name: (_RANK.get(name, len(_RANK)), -scores[name]))
    return tuple(Intent(name, round(scores[name], 4)) for name in told)
