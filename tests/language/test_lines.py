"""Lines as debtors write them, with all that they name and nothing more."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from acuerdo.core.language import entities
from acuerdo.core.language.spelling import Folded
from acuerdo.core.words import CAPITAL_ZONE

LINES = [
    (country, moment, text, tuple(named.split()))
    for line in Path(__file__).with_name("lines.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("//")
    for country, moment, text, named in [line.split("\t")]
]


def plain(kind: str, value: str, more: str) -> str:
    number = str(Decimal(value).normalize() + 0) if kind in ("money", "percent") else value
    return f"{kind}={number}/{more}"


def wanted(named: str) -> str:
    kind, _, rest = named.partition("=")
    value, _, more = rest.partition("/")
    return plain(kind, value, more)


@pytest.mark.parametrize(("country", "moment", "text", "named"), LINES)
def test_a_line_names_this_and_nothing_more(country: str, moment: str, text: str, named: tuple[str, ...]) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(CAPITAL_ZONE[country]))
    found = entities.find(Folded(text), at, country, ())
    ends = [(entity, end) for entity in found for end in filter(None, (entity.value, entity.until))]
    got = [plain(entity.kind, end, entity.document or entity.currency or "") for entity, end in ends]
    assert sorted(got) == sorted(map(wanted, named))
