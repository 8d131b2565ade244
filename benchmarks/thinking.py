"""What one turn's thinking costs, piece by piece: read, step, judge; pure, on one core."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Record, judge
from acuerdo.core.dialogue.engine import begin, expected, step
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import State
from acuerdo.core.dialogue.view import AccountView, CreditorView, View
from acuerdo.core.language import read
from acuerdo.core.messages import Say
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, CreditorId, Money, PersonId, derive
from acuerdo.service.law import load_rules
from acuerdo.service.resources import language_model, shipped_flows
from benchmarks.data import AUTHORITY, BALANCE, COUNTRIES, CREDITOR, DAYS_LATE, document, now
from benchmarks.texts import texts

MICRO = 1_000_000


class Costs(NamedTuple):
    """Medians in microseconds over many messages, and the yardstick of the same moment."""

    read: float
    step: float
    judge: float
    yardstick: float


def run(messages: int = 600, talks: int = 30) -> Costs:
    """Conversations of identified people, message after message, each piece timed by itself."""
    book, model = shipped_flows(), language_model()
    states = [_identified(book, n) for n in range(talks)]
    spent: tuple[list[float], ...] = ([], [], [], [])
    for i, text in enumerate(islice(texts(11), messages)):
        n, at = i % talks, now()
        country = states[n].view.country
        reading, t_read = _timed(lambda: read(text, expected(book, states[n]), at, country, model))  # noqa: B023 - called at once
        heard = f.Heard(f"k{i}", text, msgspec.Raw(msgspec.json.encode(reading)))
        (states[n], effects), t_step = _timed(lambda: step(book, states[n], heard, at))  # noqa: B023 - called at once
        record = Record(country, (CAPITAL_ZONE[country],), identified=True)
        rules = load_rules(at.date())
        for line in effects.lines:
            say = Say(
                line.key, line.content, "web", line.purpose, CreditorId(CREDITOR), PersonId("p"), topics=line.topics,
                answers_at=at,
            )  # fmt: skip
            spent[2].append(_timed(lambda: judge(say, record, rules, at))[1])  # noqa: B023 - called at once
        spent[0].append(t_read)
        spent[1].append(t_step)
        if i % 10 == 0:
            spent[3].append(_timed(yardstick)[1])
    return Costs(*(median(times) * MICRO for times in spent))


def _timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = do()
    return found, time.perf_counter() - began


YARDSTICK: Sequence[dict[str, object]] = [
    {"id": f"{n:08d}", "text": "¿Cuánto debo y cuándo vence?", "amount": n * 1_300, "late": n % 3 == 0}
    for n in range(40)
]


def yardstick() -> None:
    """A known piece of plain Python work: a list of forty small records to JSON and back, by the standard library."""
    json.loads(json.dumps(YARDSTICK))


def _identified(book: Book, n: int) -> State:
    """A conversation whose person gave their document and asked for instalments."""
    country, at = COUNTRIES[n % len(COUNTRIES)], now()
    balance = Money(BALANCE[country] + n * 1_300, CURRENCY_OF[country])
    account = AccountView(derive("a", str(n)), f"C-{n}", "credit_card", balance, DAYS_LATE, AUTHORITY, at.date())
    view = View(
        country, CAPITAL_ZONE[country], CreditorView(CREDITOR, "Banco de las Cifras"), f"Persona {n}", document(n),
        (account,),
    )  # fmt: skip
    started = f.Started(book.digest, "web", msgspec.Raw(msgspec.json.encode(view)))
    state, _ = step(book, begin(f"bench{n}", started), started, at)
    for i, text in enumerate((document(n)[-4:], "quiero pagar en cuotas")):
        reading = read(text, expected(book, state), at, country, language_model())
        state, _ = step(book, state, f.Heard(f"b{i}", text, msgspec.Raw(msgspec.json.encode(reading))), at)
    return state
