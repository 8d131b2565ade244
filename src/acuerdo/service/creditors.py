"""Creditors and their particulars, that law and texts need."""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import Protocol

import msgspec

from acuerdo.core.dialogue.view import CreditorView, Treatment
from acuerdo.core.negotiation.authority import Authority, BadAuthority
from acuerdo.core.negotiation.granted import Granted, load_authority, loaded, overlapping
from acuerdo.core.words import AcuerdoError, Money, Ownership, aware, derive


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a creditor. `senders` are the names that messages come from, by channel.

    `country` is that of rows which name none, where files come by themselves; `feeds` how often each feed is expected
    (see policies/feeds.toml). What stands below `feeds` some countries want told
    when a debt is first spoken of, in the words that people read. `authorities` are the texts of its authority files,
    one per currency and time; where there is one, it stands in place of what the segments say. `treatment` is how
    people are spoken to: usted, tú or vos. `domain` is the creditor's own, pointed at this installation: links in its
    messages begin with it, and a page there tells that they are genuine.
    """

    legal_name: str
    tax_id: str = ""
    address: str = ""
    logo: str = ""
    ownership: Ownership = "first_party"
    agency: str = ""
    phone: str = ""
    desk_hours: str = "de lunes a viernes, de 8:00 a 18:00"
    desk_capacity: int = 4
    payment_places: str = ""
    senders: dict[str, str] = {}
    identity_tail: int = 4
    link_failures: int = 3
    day_failures: int = 5
    address_failures: int = 10
    link_days: int = 15
    country: str = ""
    feeds: dict[str, str] = {}
    agency_address: str = ""
    agency_phone: str = ""
    agency_powers: str = ""
    responsible: str = ""
    complaints: str = ""
    acquired_from: str = ""
    files: str = ""
    authorities: tuple[str, ...] = ()
    treatment: Treatment = "usted"
    domain: str = ""


class Creditor(msgspec.Struct, frozen=True):
    """A creditor as it stands."""

    id: str
    name: str
    settings: Settings


class Creditors(Protocol):
    """Where creditors are kept."""

    async def put(self, creditor: Creditor, at: datetime) -> None: ...
    async def all(self) -> list[Creditor]: ...


async def grant(store: Creditors, creditor: Creditor, text: str, at: datetime) -> Creditor:
    """Takes an authority file of a creditor, in place of one for the same currency from the same day.

    Raises BadAuthority where the file contradicts itself, is another creditor's, or overlaps one that is there.
    """
    new = load_authority(text)
    if new.creditor.casefold() != creditor.name.casefold():
        raise BadAuthority(f"creditor: the file is of {new.creditor!r}, not of {creditor.name!r}; give its own")
    kept = [t for t in creditor.settings.authorities if _slot(loaded(t)) != _slot(new)]
    overlapping([*map(loaded, kept), new])
    settings = msgspec.structs.replace(creditor.settings, authorities=(*kept, text))
    changed = msgspec.structs.replace(creditor, settings=settings)
    await store.put(changed, aware(at))
    return changed


def _slot(one: Granted) -> tuple[str, str]:
    return one.currency, one.effective_from.isoformat()


def authority_for(settings: Settings, segment: Authority, account: Money, dpd: int, today: date) -> Authority:
    """What may be conceded on one account: by the creditor's file in its currency, else by its segment."""
    files = [one for one in map(loaded, settings.authorities) if one.currency == account.currency]
    if not files:
        return segment.standing(account, dpd)
    current = next((one for one in files if one.in_force(today)), files[0])
    granted = current.of(segment.id.partition("@")[0], segment.stage, today).standing(account, dpd)
    return msgspec.structs.replace(granted, tone=segment.tone)


class BadDomain(AcuerdoError):
    """A creditor's domain is a name alone, such as `mensajes.tienda.example`, without a scheme, a port or a path."""


_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)


def checked_domain(given: str) -> str:
    """The domain in lower case. Raises BadDomain."""
    if not _DOMAIN.fullmatch(given):
        raise BadDomain(f"{given!r} is no domain: write it alone, such as mensajes.tienda.example")
    return given.lower()


class UnknownCreditor(AcuerdoError):
    """There is no creditor of that name."""


def id_of(name: str) -> str:
    """The id that a creditor of this name has, letter case and spaces aside."""
    return derive("creditor", " ".join(name.split()).casefold())


async def add_creditor(store: Creditors, name: str, settings: Settings, at: datetime) -> Creditor:
    """Sets up a creditor; one of that name already there gets the new settings. Raises AcuerdoError without a name."""
    bare = " ".join(name.split())
    if not bare:
        raise AcuerdoError('a creditor needs a name; give one, such as "Banco Andino"')
    creditor = Creditor(id_of(bare), bare, settings)
    await store.put(creditor, aware(at))
    return creditor


async def creditor_named(store: Creditors, name: str) -> Creditor:
    """The creditor of that name, letter case aside. Raises UnknownCreditor naming those there are."""
    known = {one.name.casefold(): one for one in await store.all()}
    if (found := known.get(" ".join(name.split()).casefold())) is not None:
        return found
    if not known:
        raise UnknownCreditor(f"no creditor is called {name!r}: there are none yet; add it with acuerdo creditor add")
    near = get_close_matches(name.casefold(), known, n=1)
    hint = f"did you mean {known[near[0]].name!r}? " if near else ""
    raise UnknownCreditor(
        f"no creditor is called {name!r}; {hint}Known: {', '.join(sorted(one.name for one in known.values()))}"
    )


def view_of(creditor: str, name: str, settings: Settings) -> CreditorView:
    """What a conversation may know of the creditor."""
    return CreditorView(
        id=creditor,
        name=name,
        agency=settings.agency,
        ownership=settings.ownership,
        phone=settings.phone,
        address=settings.address,
        desk_hours=settings.desk_hours,
        payment_places=settings.payment_places,
        legal_name=settings.legal_name,
        tax_id=settings.tax_id,
        agency_address=settings.agency_address,
        agency_phone=settings.agency_phone,
        agency_powers=settings.agency_powers,
        responsible=settings.responsible,
        complaints=settings.complaints,
        acquired_from=settings.acquired_from,
        files=settings.files,
        treatment=settings.treatment,
    )
