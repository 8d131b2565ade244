"""Ways to pay by a link and a reference code, as a creditor's file writes them: PSE, Webpay, SPEI and their like."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from hashlib import blake2b
from string import Formatter
from typing import Literal, NamedTuple

import msgspec

from acuerdo.core.words import AcuerdoError, Money

Kind = Literal["pse", "webpay", "spei", "pagoefectivo", "bizum"]


class BadWays(AcuerdoError):
    """A file of ways to pay that cannot work: its text names the creditor, what and how to mend it."""


class Shape(NamedTuple):
    """What a way to pay is like: its name for people, its currency, and the most digits of its reference."""

    title: str
    currency: str
    most: int


KINDS: dict[Kind, Shape] = {
    "pse": Shape("PSE", "COP", 20),
    "webpay": Shape("Webpay", "CLP", 26),
    "spei": Shape("SPEI", "MXN", 7),
    "pagoefectivo": Shape("PagoEfectivo", "PEN", 14),
    "bizum": Shape("Bizum", "EUR", 35),
}
FIELDS = frozenset({"code", "amount", "reference"})


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a creditor is paid: `url` and `steps` may hold {code}, {amount} (major units) and {reference} (ours).

    The code has `digits` of them, `prefix` first and, with `check`, a Luhn digit last. Without a `url` the person is
    shown the steps.
    """

    creditor: str
    kind: Kind
    digits: int
    url: str = ""
    steps: tuple[str, ...] = ()
    prefix: str = ""
    check: bool = True

    def code(self, reference: str) -> str:
        """The code of a payment: the same for the same reference."""
        free = self.digits - len(self.prefix) - self.check
        drawn = int.from_bytes(blake2b(f"{self.kind}|{reference}".encode()).digest()) % 10**free
        body = f"{self.prefix}{drawn:0{free}d}"
        return body + luhn(body) if self.check else body

    def link(self, reference: str, amount: Money) -> str:
        """Where to pay; empty where the way has no page."""
        return self._filled(self.url, reference, amount)

    def told(self, reference: str, amount: Money) -> tuple[str, ...]:
        """The steps, as the person reads them."""
        return tuple(self._filled(step, reference, amount) for step in self.steps)

    def _filled(self, text: str, reference: str, amount: Money) -> str:
        return text.format(code=self.code(reference), amount=amount.plain(), reference=reference)


def luhn(digits: str) -> str:
    """The check digit of these digits, by Luhn's rule: every second one, from the last, counts double."""
    total = sum(
        sum(divmod(int(digit) * (2 if n % 2 == 0 else 1), 10)) for n, digit in enumerate(reversed(digits))
    )  # fmt: skip
    return str(-total % 10)


def read_ways(text: str, source: str) -> dict[str, Way]:
    """The ways in a TOML file, a table `[[way]]` each, by their creditor's name. Raises BadWays."""
    try:
        ways = msgspec.convert(tomllib.loads(text), dict[str, tuple[Way, ...]]).get("way", ())
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise BadWays(f"{source}: {why}") from None
    names = [way.creditor for way in ways]
    for wrong in (*(f"{name!r} has two ways; keep one" for name in names if names.count(name) > 1), *map(_wrong, ways)):
        if wrong:
            raise BadWays(f"{source}: {wrong}")
    return {way.creditor: way for way in ways}


def _wrong(way: Way) -> str:
    most, free = KINDS[way.kind].most, way.digits - len(way.prefix) - way.check
    if not way.prefix.isdecimal() and way.prefix:
        return f"{way.creditor}: prefix {way.prefix!r} is digits"
    if way.digits > most or free < 4:
        return f"{way.creditor}: a code of {KINDS[way.kind].title} has at most {most} digits, 4 of them of its own"
    if not way.url and not way.steps:
        return f"{way.creditor}: give a url, or the steps that the person is to take"
    if way.url and not way.url.startswith("https://"):
        return f"{way.creditor}: url begins with https://"
    unknown = {name for text in (way.url, *way.steps) for name in _fields(text)} - FIELDS
    return f"{way.creditor}: {{{unknown.pop()}}} is not one of {', '.join(sorted(FIELDS))}" if unknown else ""


def _fields(text: str) -> Iterator[str]:
    try:
        yield from (name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        yield text
