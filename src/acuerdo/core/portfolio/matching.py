"""Whether two people of a creditor are one human: written rules with a score, and the signs that they go by."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, get_args

import msgspec

from acuerdo.core.portfolio.documents import Document
from acuerdo.core.portfolio.names import Likeness, address_form, email_form, given, likeness, one_slip, plain, shared
from acuerdo.core.words import AcuerdoError

Sign = Literal[
    "document_same", "document_slip", "document_differs", "name_same", "name_similar", "name_differs", "phone", "email",
    "address", "birth_same", "birth_slip", "birth_differs",
]  # fmt: skip
Outcome = Literal["match", "doubtful", "apart"]


class RulesError(AcuerdoError):
    """The table of matching rules cannot be used; the text says what is wrong in it, and where."""


class Who(msgspec.Struct, frozen=True):
    """What is known of a person where they are matched. `documents` begin with the one they were filed under."""

    name: str
    country: str
    documents: tuple[Document, ...]
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    born: date | None = None
    address: str = ""
    city: str = ""
    business: bool = False


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must agree, all of it, what voids the rule, any of it, and what it is worth, of 100."""

    id: str
    agree: tuple[Sign, ...]
    against: tuple[Sign, ...]
    score: int

    def holds(self, signs: frozenset[Sign]) -> bool:
        return signs.issuperset(self.agree) and signs.isdisjoint(self.against)


class OneDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When two names of one document may be one person's: how much of the shorter name the other must hold, of 100.

    `first_name` will do where both begin with the same name, as a surname changes. A name that holds a word of `trade`
    is that of a business, and says nothing.
    """

    alike: int = 70
    first_name: int = 50
    trade: frozenset[str] = frozenset()


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table: scores from `match` on join two people, those from `doubtful` on are for a person to look at."""

    match: int
    doubtful: int
    rule: tuple[Rule, ...]
    nicknames: Mapping[str, str]
    one_document: OneDocument = OneDocument()

    def outcome(self, score: int) -> Outcome:
        return "match" if score >= self.match else "doubtful" if score >= self.doubtful else "apart"


class Verdict(msgspec.Struct, frozen=True):
    """What the rules make of two people: the rule that spoke ("" when none did) and every sign there was."""

    outcome: Outcome
    rule: str
    score: int
    signs: tuple[Sign, ...]


def read_rules(text: str, source: str) -> Rules:
    """The table in a TOML file. Raises RulesError."""
    try:
        rules = msgspec.convert(tomllib.loads(text), Rules)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise RulesError(f"{source}: {why}; signs are {', '.join(get_args(Sign))}") from None
    for wrong in _wrong(rules):
        raise RulesError(f"{source}: {wrong}")
    return rules


def _wrong(rules: Rules) -> Iterator[str]:
    ids = [rule.id for rule in rules.rule]
    yield from (f"two rules are called {name!r}; name them apart" for name in ids if ids.count(name) > 1)
    yield from (f"rule {r.id!r} asks for nothing: name in `agree` what must agree" for r in rules.rule if not r.agree)
    yield from (f"rule {r.id!r} is worth {r.score}; give it 1 to 100" for r in rules.rule if not 1 <= r.score <= 100)
    if not 0 < rules.one_document.first_name <= rules.one_document.alike <= 100:
        yield "in [one_document] first_name must be over 0 and not over alike, and alike not over 100"
    if not 0 < rules.doubtful <= rules.match <= 100:
        yield "doubtful must be over 0 and not over match, and match not over 100"
    for rule in rules.rule:
        if set(rule.agree) <= {"phone"}:
            yield f"rule {rule.id!r} goes by a phone alone, and families share phones: ask for a name too"


def weigh(one: Who, other: Who, rules: Rules) -> Verdict:
    """What the rules make of two people: the rule worth most of those that hold. The same whichever stands first.

    A company is never a person.
    """
    if one.business is not other.business:
        return Verdict("apart", "", 0, ())
    signs = frozenset(_signs(one, other, rules.nicknames))
    best = max((r for r in rules.rule if r.holds(signs)), key=lambda r: r.score, default=None)
    shown = tuple(sign for sign in get_args(Sign) if sign in signs)
    if best is None:
        return Verdict("apart", "", 0, shown)
    return Verdict(rules.outcome(best.score), best.id, best.score, shown)


def says_who(name: str, rules: Rules) -> bool:
    """Whether a name is a person's: that of their business, or none, does not say who they are."""
    return bool(name) and rules.one_document.trade.isdisjoint(plain(name).replace(".", "").split())


def one_person(one: str, other: str, rules: Rules) -> int:
    """How much two names of one document agree, of 100; 0 where they are too unlike to be one person's."""
    asked, nicknames = rules.one_document, rules.nicknames
    if not (says_who(one, rules) and says_who(other, rules)):
        return 100
    share = shared(one, other, nicknames)
    begins = given(one, nicknames) == given(other, nicknames)
    return share if share >= (asked.first_name if begins else asked.alike) else 0


def _signs(one: Who, other: Who, nicknames: Mapping[str, str]) -> Iterator[Sign]:
    yield from _of_documents(one, other)
    names = likeness(one.name, other.name, nicknames)
    yield from _NAMES[names]
    if set(one.phones) & set(other.phones):
        yield "phone"
    if {email_form(e) for e in one.emails} & {email_form(e) for e in other.emails}:
        yield "email"
    if one.address and address_form(one.address) == address_form(other.address) and one.city[:4] == other.city[:4]:
        yield "address"
    if one.born and other.born:
        yield _of_births(one.born, other.born)


# What is the same is similar too, so that a rule asks for the least that will do.
_NAMES: dict[Likeness, tuple[Sign, ...]] = {
    "same": ("name_same", "name_similar"),
    "similar": ("name_similar",),
    "different": ("name_differs",),
}


def _of_documents(one: Who, other: Who) -> Iterator[Sign]:
    """Documents of one kind are compared; those of different kinds say nothing of each other."""
    if set(papers(one)) & set(papers(other)):
        yield "document_same"
        return
    pairs = [(a.value, b.value) for a in one.documents for b in other.documents if a.kind == b.kind]
    if one.country == other.country and pairs:
        yield "document_slip" if any(one_slip(a, b) for a, b in pairs) else "document_differs"


def _of_births(one: date, other: date) -> Sign:
    if one == other:
        return "birth_same"
    swapped = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    return "birth_slip" if swapped or one_slip(f"{one:%Y%m%d}", f"{other:%Y%m%d}") else "birth_differs"


def papers(who: Who) -> tuple[Document, ...]:
    """Every document of a person: those given, and those that these hold inside."""
    given = who.documents
    inside = (_inside(paper, who) for paper in given)
    return tuple(dict.fromkeys((*given, *(paper for paper in inside if paper))))


def _inside(paper: Document, who: Who) -> Document | None:
    """The person's own document within a tax number.

    Colombia: a person's NIT is their cédula and a check digit (DIAN). Peru: 10, the DNI, a digit (SUNAT). Argentina:
    a prefix of people, the DNI, a digit (AFIP).
    """
    if who.business:
        return None
    match who.country, paper.kind:
        case "CO", "nit":
            return Document("cedula", paper.value[:-1])
        case "PE", "ruc" if paper.value.startswith("10"):
            return Document("dni", paper.value[2:10])
        case "AR", "cuit" if paper.value[:2] in ("20", "23", "24", "27"):
            return Document("dni", paper.value[2:10].lstrip("0"))
        case _:
            return None
