"""What an operator has at WhatsApp: numbers, approved templates, and who took the platform's risk upon them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from acuerdo.core.messages import Card, Content
from acuerdo.core.words import AcuerdoError
from acuerdo.service.channels import Notice
from acuerdo.service.creditors import id_of

Category = Literal["utility", "marketing", "authentication"]
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FORBIDDEN = re.compile(r"[\n\t]| {5}")  # what no variable may hold (error 132018)
EVERY = "*"  # the creditor of a number that is the only one: every creditor here is the same house
LONGEST = 1024  # characters of a template's body with its variables


class BadRegistry(AcuerdoError):
    """The file of WhatsApp's numbers and templates does not hold."""


class _Limits(msgspec.Struct, frozen=True):
    source: str
    flagged: int
    tiers: dict[str, int]
    templates: _States


class _States(msgspec.Struct, frozen=True):
    open: tuple[str, ...]
    ignored: tuple[str, ...]
    default_ttl: int
    longest_ttl: int


LIMITS = msgspec.convert(tomllib.loads((resources.files(__package__) / "limits.toml").read_text("utf-8")), _Limits)


class Risk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who took upon them, in writing, what WhatsApp's policy says of collecting debts, and on which day."""

    accepted_by: str
    on: date
    text: str


class Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A creditor's own number ("*": of every creditor here, where it is the only one).

    `id` and `account` are the platform's ids of the number and the business account; `token` names the environment
    variable of its own access token; `limit` is its tier until the platform tells.
    """

    id: str
    creditor: str
    phone: str
    account: str = ""
    token: str = ""
    limit: str = "TIER_250"


class UrlButton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A template's button that opens `prefix` with whatever the message's link has behind it."""

    title: str
    prefix: str


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that the platform approved: what a person reads is `body` with its {{variables}} filled in.

    `ttl`: for how many seconds the platform tries, as the template was made. `buttons` are the titles of its quick
    replies, `url` its button with a link, `card` the text of each card of a carousel and `card_button` its button;
    `document`: it carries one. `as_of` is the day on which this was written down: what the platform told before it is
    no news.
    """

    name: str
    language: str
    body: str
    category: Category = "utility"
    state: str = "APPROVED"
    ttl: int = LIMITS.templates.default_ttl
    buttons: tuple[str, ...] = ()
    url: UrlButton | None = None
    card: str = ""
    card_button: str = ""
    document: bool = False
    as_of: date | None = None

    @property
    def key(self) -> str:
        return f"{self.name}|{self.language}"


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    risk: Risk
    numbers: tuple[Number, ...]
    templates: tuple[Template, ...] = ()
    version: str = "v23.0"


class Filled(NamedTuple):
    """A template that carries a content, with what its parts are filled with."""

    template: Template
    body: list[tuple[str, str]]
    payloads: list[str]
    suffix: str
    cards: list[tuple[Card, list[tuple[str, str]]]]


def load(path: Path) -> Registry:
    """The registry of a file. Raises BadRegistry, with what does not hold."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        registry = msgspec.convert(raw, Registry)
    except OSError as why:
        raise BadRegistry(f"{path}: {why.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as why:
        raise BadRegistry(f"{path}: {why}") from None
    faults = list(_faults(registry))
    if faults:
        raise BadRegistry(f"{path}: " + "; ".join(faults))
    return registry


def _faults(registry: Registry) -> Iterable[str]:
    if not registry.risk.accepted_by.strip() or not registry.risk.text.strip():
        yield "nobody accepted the platform's risk in writing ([risk] accepted_by, on, text)"
    if not registry.numbers:
        yield "there are no numbers"
    if not re.fullmatch(r"v\d+\.\d+", registry.version):
        yield f"no version of the interface: {registry.version!r}"
    for number in registry.numbers:
        if not number.id.isdigit() or not number.phone.removeprefix("+").isdigit():
            yield f"the number of {number.creditor!r} needs an id and a phone of digits"
        if number.limit not in LIMITS.tiers:
            yield f"no tier {number.limit!r} (there are: {', '.join(LIMITS.tiers)})"
    owners = [number.creditor for number in registry.numbers]
    yield from (f"two numbers of {owner!r}" for owner in sorted({one for one in owners if owners.count(one) > 1}))
    if EVERY in owners and len(owners) > 1:
        yield 'a number of every creditor\'s ("*") is the only one, or each creditor has their own'
    keys = [template.key for template in registry.templates]
    yield from (f"the template {key!r} is there twice" for key in sorted({key for key in keys if keys.count(key) > 1}))
    for template in registry.templates:
        bare = template.body.strip()
        if not bare or _VARIABLE.match(bare) or _VARIABLE.sub("", bare).strip() == "" or bare.endswith("}}"):
            yield f"the template {template.key!r} begins or ends with a variable, which is never approved"


def pieces(body: str) -> list[str]:
    """A template's text, cut at its variables: words, variable, words, variable, …, words."""
    return _VARIABLE.split(body)


def variables(cut: list[str], text: str) -> list[tuple[str, str]] | None:
    """What the variables of a cut template hold in a text; None where they do not make exactly that text."""
    if not text.startswith(cut[0]):
        return None
    found, at = dict[str, str](), len(cut[0])
    for place in range(1, len(cut), 2):
        name, words = cut[place], cut[place + 1]
        last = place == len(cut) - 2
        end = len(text) - len(words) if last else text.find(words, at + 1) if words else at + len(found.get(name, "x"))
        if end <= at or (last and not text.endswith(words)):
            return None
        value = text[at:end]
        if found.setdefault(name, value) != value or _FORBIDDEN.search(value):
            return None
        at = end + len(words)
    return list(found.items()) if at == len(text) else None


class Templates:
    """The templates of a registry, each in the state that the platform last told."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._known = {template.key: template for template in templates}
        self._cut = {key: pieces(template.body) for key, template in self._known.items()}
        self._cards = {key: pieces(template.card) for key, template in self._known.items()}

    def tell(self, notice: Notice) -> None:
        """What the platform says of a template; of one that is not in the registry, nothing is kept."""
        template = self._known.get(notice.subject)
        if template is None or notice.value in LIMITS.templates.ignored:
            return
        if template.as_of and notice.at and notice.at.date() < template.as_of:
            return
        what, _, category = notice.value.partition(" ")
        if what == "category":
            changed = category.lower()
            if changed in ("utility", "marketing", "authentication"):
                # The platform forgets the template's own time to live with its category.
                self._known[template.key] = msgspec.structs.replace(
                    template, category=changed, ttl=LIMITS.templates.default_ttl
                )
        else:
            self._known[template.key] = msgspec.structs.replace(template, state=notice.value)

    @property
    def known(self) -> Mapping[str, Template]:
        return self._known

    def carrying(self, content: Content) -> Filled | None:
        """The first template that may be sent and whose words, filled in, are exactly this content's."""
        for key, template in self._known.items():
            if template.state in LIMITS.templates.open and template.ttl <= LIMITS.templates.longest_ttl:
                filled = self._fill(key, template, content)
                if filled is not None:
                    return filled
        return None

    def _fill(self, key: str, template: Template, content: Content) -> Filled | None:
        body = variables(self._cut[key], content.text)
        if body is None or len(content.text) > LONGEST or content.input is not None:
            return None
        if tuple(button.title for button in content.buttons) != template.buttons:
            return None
        if len(content.files) != template.document:
            return None
        suffix = _suffix(template, content)
        cards = _cards(self._cards[key], template, content.cards)
        if suffix is None or cards is None:
            return None
        return Filled(template, body, [button.id for button in content.buttons], suffix, cards)


def _suffix(template: Template, content: Content) -> str | None:
    """What comes behind the prefix of the template's link; "" where neither has one, None where only one has."""
    if (template.url is None) != (content.link is None):
        return None
    if template.url is None or content.link is None:
        return ""
    url, fits = content.link.url, content.link.title == template.url.title
    return url.removeprefix(template.url.prefix) if fits and url.startswith(template.url.prefix) else None


def _cards(
    cut: list[str], template: Template, cards: tuple[Card, ...]
) -> list[tuple[Card, list[tuple[str, str]]]] | None:
    """The carousel's cards with their variables; each needs a picture, and has the one button of the template's."""
    if bool(cards) != bool(template.card) or len(cards) > 10:
        return None
    found = []
    for card in cards:
        values = variables(cut, card_text(card))
        if values is None or card.button != template.card_button or not card.picture.startswith("https://"):
            return None
        found.append((card, values))
    return found


def card_text(card: Card) -> str:
    """A card's words in one line, as a template's card has them."""
    return " · ".join((card.title, *card.lines))


def by_creditor(registry: Registry) -> dict[str, Number]:
    """The numbers by whose they are, as they are named and by the id that goes with the name."""
    return {key: number for number in registry.numbers for key in (number.creditor, id_of(number.creditor))}
