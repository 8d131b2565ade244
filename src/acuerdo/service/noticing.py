"""What a country wants told about a debt when it is first spoken of, as its law pack asks on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from acuerdo.core.compliance import CountryRules, Rules, notices
from acuerdo.core.compliance.kinds import Moment
from acuerdo.core.compliance.places import place
from acuerdo.core.dialogue.notices import missing
from acuerdo.core.dialogue.view import CreditorView, Notice
from acuerdo.service.creditors import Creditor, view_of
from acuerdo.service.law import load_rules
from acuerdo.service.resources import shipped_flows

# First contact is the invitation and the welcome, before identity: what they say is said in their own texts.
SCREEN: tuple[Moment, ...] = ("first_screen", "every_document", "before_agency", "report")


def asked_of(country: str, subdivision: str, creditor: CreditorView, day: date) -> tuple[Notice, ...]:
    """What the first screen of a person of that place has to tell, and by which rules, in the packs' order.

    Raises PackError where no pack may be trusted.
    """
    return tuple(one for one in _of_place(load_rules(day), country, subdivision) if _concerns(one.topic, creditor))


def unfilled(creditor: Creditor, places: Iterable[tuple[str, str]], day: date) -> tuple[str, ...]:
    """The options of `acuerdo creditor add` that its people's countries ask for, by country and subdivision."""
    view, book = view_of(creditor.id, creditor.name, creditor.settings), shipped_flows()
    found = (option for where in places for option in missing(book, view, asked_of(*where, view, day)))
    return tuple(dict.fromkeys(found))


# Every conversation asks, and there are as few answers as places.
@lru_cache(maxsize=1024)
def _of_place(rules: Rules, country: str, subdivision: str) -> tuple[Notice, ...]:
    where = place(country, subdivision, ())
    return asked_by(rules.for_place(where.country, where.subdivision))


def asked_by(code: CountryRules) -> tuple[Notice, ...]:
    """Everything that some rule of a place wants on the first screen."""
    found: dict[str, list[str]] = {}
    for moment in SCREEN:
        for rule in notices(code, moment):
            for topic in rule.tells:
                found.setdefault(topic, []).append(rule.id)
    return tuple(Notice(topic, tuple(rules)) for topic, rules in found.items())


def _concerns(topic: str, creditor: CreditorView) -> bool:
    """Some notices belong to bought debts, to agencies, or to who reports to credit files."""
    match topic:
        case "data_source":
            return creditor.ownership == "assigned"
        case "agency":
            return bool(creditor.agency)
        case "report":
            return bool(creditor.files)
        case _:
            return True
