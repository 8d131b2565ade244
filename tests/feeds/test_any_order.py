"""Whatever is told of two people's money, shuffled, split over files and repeated, comes to the same books."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random  # noqa: TID251 - the test's own chance, from a written seed
from typing import Any

import pytest

from .conftest import ANA, IVAN, NOW, World

HEADER = "Obligación;Documento;Importe;Fecha de pago;Referencia;Tipo;Reverso de"
OTHER = ("A9", ANA[1], ANA[2])


def told(chance: Random) -> list[str]:
    """Rows of a fortnight: payments of named and unnamed debts, some taken back, some of before the cut-off."""
    rows = []
    for n in range(9):
        whose = chance.choice(("A1;", "A2;", "A9;", f";{ANA[1]}"))
        day = f"{chance.randint(12, 22):02d}/11/2026"
        amount = chance.choice((50_000, 100_000, 250_000, 400_000))
        rows.append(f"{whose};{amount};{day};R{n};pago;")
        if chance.random() < 0.4:
            rows.append(f"{whose};{amount};23/11/2026;B{n};{chance.choice(('reverso', 'contracargo'))};R{n}")
    return rows


async def begin(world: World) -> None:
    await world.pool.execute("truncate account, subject, contact_point, payment, payment_reversal cascade")
    await world.pool.execute("truncate fact, ledger_entry, promise, agreement, installment, feed_waiting")
    await world.owes(ANA, 60_000_000)
    await world.owes(OTHER, 40_000_000, late=70)
    await world.owes(IVAN, 50_000_000)
    await world.agree("acuerdo", IVAN[1], 10_000_000, 20_000_000)
    await world.promise("promesa", ANA[1], date(2026, 11, 20), 20_000_000, NOW - timedelta(days=9))


@pytest.mark.parametrize("seed", range(5))
async def test_the_books_are_a_function_of_what_was_told(world: World, seed: int) -> None:
    chance = Random(seed)
    rows, seen = told(chance), []
    for _ in range(3):
        order = [*rows, *chance.sample(rows, 3)]
        chance.shuffle(order)
        await begin(world)
        while order:
            many = chance.randint(1, 6)
            part, order = order[:many], order[many:]
            await world.feed("payments", HEADER, *dict.fromkeys(part), file=f"{len(order)}.csv")
        seen.append(await world.books())
    assert _of_payments(seen[0]) == _of_payments(seen[1]) == _of_payments(seen[2])
    for one in seen:
        _balanced(one)


def _of_payments(books: dict[str, Any]) -> dict[str, Any]:
    """Without what was opened: a debt that a payment had touched keeps its opening when the payment is taken back."""
    moved = [row for row in books["ledger"] if row[1] in ("cash", "held", "waived")]
    return books | {"ledger": moved}


def _balanced(books: dict[str, Any]) -> None:
    """Debits are credits, and where a ledger was opened what it says is owed is what the account says."""
    left = dict(books["accounts"])
    for account in {row[0] for row in books["ledger"]}:
        own = {book: amount for name, book, amount in books["ledger"] if name == account}
        assert sum(own.values()) == 0
        assert "opened" not in own or own.get("principal", 0) == left[account]
