"""The reading of a message: clauses scored and cued, priority between them, and the light of what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import exp
from zoneinfo import ZoneInfo

import numpy as np

from acuerdo.core.language import answers, entities
from acuerdo.core.language.features import View, view
from acuerdo.core.language.model import Judged, Model, Vector
from acuerdo.core.language.reading import FILLERS, PRIORITY, Entity, Intent, Reading
from acuerdo.core.language.spelling import Folded, clauses
from acuerdo.core.language.stops import asks_again, no_stop, stop_said
from acuerdo.core.words import CAPITAL_ZONE, aware

LAST = frozenset({*FILLERS, "out_of_scope"})  # nothing, beside anything else
_RANK = {name: place for place, name in enumerate(PRIORITY)}
_RANKLESS = len(_RANK) + 1
_SURE = 0.97
_GRAVER = 0.5  # the least that anything must score to be told beside a plain wish for no more messages
_TOLD = 0.35  # the least a clause of its own must score to be told beside the main intent
_BESIDE = 0.9  # what a clause alone says counts for a little less than what the message says
_LAST = np.float32(
    0.15
)  # how much the last clause alone adds to the whole: the point of a long message comes at its end
_NEAR = 0.03  # margins this close are alike, and the graver matter goes first
_STATED = frozenset({"affirm", "deny"})  # never with a question mark: "¿bueno?" is a greeting
_SHORTEST = 3  # letters of a clause worth a look
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


def leads(text: str, at: datetime, country: str, model: Model) -> float:
    """How far a message lies on the side of what is in scope: the raw margin by which it is kept or turned away."""
    folded = Folded(text)
    named = entities.find(folded, aware(at).astimezone(ZoneInfo(CAPITAL_ZONE[country])), country, ())
    whole = view(folded.text, named, model.lexicon, model.concepts)
    return _judged(folded.text, named, whole, model).margin


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
        told = {name: one for name, one in told.items() if name == "opt_out" or one.confidence >= _GRAVER}
        first = tuple(sorted(told.values(), key=lambda one: _RANK.get(one.name, len(_RANK))))
        return first, tuple(name for name in commands if name != "stop_word")
    again = asks_again(text)
    if again or no_stop(text):
        intents = tuple(one for one in intents if one.name != "opt_out") or (Intent("out_of_scope", 0.5),)
    return intents, tuple(sorted({*commands, "write_again"})) if again else commands


def _intents(folded: str, named: tuple[Entity, ...], whole: View, model: Model) -> tuple[Intent, ...]:
    """What a message says, the main thing first; or that it is out of scope, and the two it is nearest to."""
    scores, margin = _judged(folded, named, whole, model)
    best = max(scores, key=scores.__getitem__)
    forced = _forced(whole)
    first = forced or _weightiest(scores, scores[best] * exp(-_NEAR * model.temperature))
    strange = scores[best] < _STRANGE and not model.knows(whole.heard)
    if not forced and first != "out_of_scope" and (strange or margin < model.margin):
        second = max((name for name in scores if name not in (first, "out_of_scope")), key=scores.__getitem__)
        near = (Intent(name, round(scores[name], 4)) for name in (first, second))
        return Intent("out_of_scope", round(1 - scores[first], 4)), *near
    if forced:
        scores[first] = max(scores[first], _SURE)
    if first == "out_of_scope":
        return (Intent(first, round(scores[first], 4)),)
    return (Intent(first, round(scores[first], 4)), *_beside(folded, named, whole, model, scores, first))


def _judged(folded: str, named: tuple[Entity, ...], whole: View, model: Model) -> Judged:
    """The message as the model reads it, and a little of its last clause alone."""
    if not whole.last:
        return model.judge(whole.heard, whole.extra)
    end = view(whole.last, named, model.lexicon, model.concepts, folded.rindex(whole.last))
    both: Vector = model.margins(whole.heard, whole.extra) + _LAST * model.margins(end.heard, end.extra)
    both /= 1 + _LAST
    return model.told(both)


def _forced(whole: View) -> str:
    """What is said in so many words and nothing else; or talk of ending one's life, wherever it stands."""
    if "crisis" in whole.hits.commands:
        return "report_vulnerability"
    return min(whole.hits.whole - _STATED if "?" in whole.heard else whole.hits.whole, default="")


def _weightiest(scores: dict[str, float], least: float) -> str:
    """Of the labels that score at least so much, the first by priority."""
    alike = [name for name, score in scores.items() if score >= least]
    return min(alike, key=lambda name: (_RANK.get(name, _RANKLESS if name in LAST else len(_RANK)), -scores[name]))


def _beside(
    folded: str, named: tuple[Entity, ...], whole: View, model: Model, scores: dict[str, float], first: str
) -> Iterator[Intent]:
    """What else is said: by the whole, or by a sentence of its own."""
    told = dict(scores)
    parts = clauses(folded)
    begin = 0
    for part in parts[:_MOST_CLAUSES] if len(parts) > 1 else ():
        begin = folded.index(part, begin)
        if len(part) < _SHORTEST:
            continue
        own = view(part, named, model.lexicon, model.concepts, begin)
        if len(own.heard) > 1:
            for name, score in model.score(own.heard, own.extra).items():
                told[name] = max(told[name], score * _BESIDE)
    least = max(_TOLD, scores[first] / 2)
    more = [name for name, score in told.items() if score >= least and name not in LAST and name != first]
    more.sort(key=lambda name: (_RANK.get(name, len(_RANK)), -told[name]))
    return (Intent(name, round(told[name], 4)) for name in more)
