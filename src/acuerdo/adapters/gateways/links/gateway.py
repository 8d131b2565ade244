"""A gateway that nobody asks: it makes the link and the code, and a payments file brings the news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path

from acuerdo.core.payments.ways import KINDS, BadWays, Way, read_ways
from acuerdo.core.words import Money
from acuerdo.service.gateways import BadSignature, GatewayDown, Intent, Made, Notice, Unreadable
from acuerdo.service.settings import Settings
from acuerdo.service.written import NotText, text_in

FILE = "payment-links.toml"  # in the data folder


def open_gateway(settings: Settings, secret: str) -> LinkGateway:
    """What the entry point names."""
    return LinkGateway(settings.data_dir / FILE)


class LinkGateway:
    """The ways to pay in a file; it is read when first needed."""

    name = "links"

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def ways(self) -> Mapping[str, Way]:
        """By the creditor's name. Raises BadWays, and GatewayDown where there is no file."""
        try:
            return read_ways(text_in(self._path), self._path.name)
        except NotText as why:
            raise GatewayDown(str(why)) from why
        except OSError as why:
            raise GatewayDown(f"there is no {self._path.name} in the data folder; write one") from why

    async def create(self, intent: Intent) -> Made:
        """The link of an intent, the same for the same reference. Raises GatewayDown where the file has no such way."""
        way = self._way(intent.payee, intent.amount)
        url = way.link(intent.reference, intent.amount) or intent.return_url
        code = way.code(intent.reference)
        return Made(f"{way.kind}:{code}:{intent.reference}", url, code)

    def steps(self, payee: str, reference: str, amount: Money) -> tuple[str, ...]:
        """What the person is to do, where the way has no page of its own."""
        return self._way(payee, amount).told(reference, amount)

    def _way(self, payee: str, amount: Money) -> Way:
        try:
            way = self.ways.get(payee)
        except BadWays as why:
            raise GatewayDown(str(why)) from why
        if way is None:
            raise GatewayDown(f"{self._path.name} has no way to pay {payee!r}; add it")
        if KINDS[way.kind].currency != amount.currency:
            raise GatewayDown(f"{KINDS[way.kind].title} takes {KINDS[way.kind].currency}, not {amount.currency}")
        return way

    def verify(self, raw: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Raises BadSignature: nobody posts for a link."""
        raise BadSignature("payments by link have no notices; the payments file tells of them")

    def parse(self, raw: bytes) -> tuple[Notice, ...]:
        """Raises Unreadable: as above."""
        raise Unreadable("payments by link have no notices")

    async def lookup(self, reference: str) -> Notice | None:
        """Nothing is known of a link until the payments file comes."""
        return None
