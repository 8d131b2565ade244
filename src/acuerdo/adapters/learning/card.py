"""A model's card: what it was made of, what it was measured to do, and what it cannot do."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from acuerdo.adapters.learning.measuring import NOTHING, Scores

LIMITS = (
    "It has seen only the intents and the language of its examples; the rest is out of scope, or wrong.",
    "It reads words, not meaning: a wording far from every example is read by the words it shares with them.",
    "The scores are of texts by the same authors as the examples; other people's texts are read worse.",
)


class Card(msgspec.Struct, frozen=True):
    """What is known of a model.

    `name`: the hash of its content. `made_of`: the fingerprint of its examples. `examples`: how many of each intent.
    `validation`: on which texts the scores, the temperature and the margin were found. `folds`: 0 where that was a file
    of its own. `bytes`: its size. `libraries`: the versions that trained it.
    """

    name: str
    made_of: str
    date: str
    reads: str
    examples: dict[str, int]
    validation: str
    folds: int
    temperature: float
    outside: str
    margin: float
    scores: Scores
    bytes: int
    libraries: dict[str, str]
    by: dict[str, dict[str, float]] = {}
    limits: tuple[str, ...] = LIMITS


def as_json(card: Card) -> bytes:
    """The card for programs."""
    return msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n"


def as_page(card: Card) -> str:
    """The card for people, as Markdown."""
    return "\n".join((*_head(card), *_scores(card), *_parts(card), "## Limits\n", *_limits(card)))


def _head(card: Card) -> Iterable[str]:
    total = sum(card.examples.values())
    libraries = ", ".join(f"{name} {version}" for name, version in card.libraries.items())
    yield f"# Model {card.name}\n"
    yield f"Made on {card.date} of {total:,} examples of {len(card.examples)} intents (fingerprint {card.made_of}),"
    yield f"with {libraries}. {card.bytes / 1e6:.2f} MB.\n"
    yield f"Its scores, temperature ({card.temperature:g}) and least margin are from {card.validation}.\n"


def _scores(card: Card) -> Iterable[str]:
    found = card.scores
    yield "| what | figure |\n| --- | ---: |"
    yield f"| texts | {found.texts:,} |"
    yield f"| right | {found.accuracy:.4f} |"
    yield f"| right of those in scope | {found.inside_right:.4f} |"
    yield f"| in scope, rejected | {found.inside_rejected:.4f} |"
    if found.outside_recall is not None:
        yield f"| out of scope, rejected | {found.outside_recall:.4f} |"
    yield f"| expected calibration error | {found.calibration_error:.4f} |"
    yield f"| least margin | {'none' if card.margin <= NOTHING else f'{card.margin:.3f}'} |"
    yield f"| label of what is out of scope | {card.outside or 'none'} |\n"


def _parts(card: Card) -> Iterable[str]:
    for title, shares in card.by.items():
        yield f"## By {title}\n\n| {title} | right |\n| --- | ---: |"
        yield from (f"| {name} | {share:.3f} |" for name, share in shares.items())
        yield ""
    yield "## Intents\n\n| intent | examples | recall | precision |\n| --- | ---: | ---: | ---: |"
    for name, share in card.scores.intents.items():
        yield f"| {name} | {card.examples.get(name, 0)} | {share.recall:.3f} | {share.precision:.3f} |"
    yield "\n## Confused most\n\n| meant | read as | times |\n| --- | --- | ---: |"
    yield from (f"| {one.meant} | {one.read or '(rejected)'} | {one.times} |" for one in card.scores.confused)
    yield ""


def _limits(card: Card) -> Iterable[str]:
    yield from (f"- {limit}" for limit in card.limits)
    yield ""
