"""The creditor's nightly payments: counted once, taken back where they were, the same in whatever order."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import msgspec
import pytest

from acuerdo.core import facts as f
from acuerdo.core.words import Money
from acuerdo.service.paying import JOB, Telling

from .conftest import ANA, CUT_OFF, IVAN, NOW, World

HEADER = "Obligación;Importe;Fecha de pago;Referencia;Tipo"
PAID = "A1;300000;20/11/2026;R1;pago"
MORE = "A1;200000;21/11/2026;R2;pago"
BACK = "A1;300000;22/11/2026;R1;reverso"


async def left(world: World, external: str = "A1") -> int:
    """What is still owed, in whole pesos."""
    return (
        int(await world.value("select balance - paid_since from account where id = $1", world.account(external))) // 100
    )


async def test_a_payment_lowers_what_is_owed_and_is_a_fact(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("payments", HEADER, PAID)
    assert report.counts == {"taken": 1, "unchanged": 0, "unmatched": 0, "set_aside": 0}
    assert await left(world) == 600_000
    (fact,) = await world.facts("payment_reported")
    assert isinstance(fact, f.PaymentReported)
    assert (fact.amount, fact.paid_on, fact.reference) == (Money(30_000_000, "COP"), date(2026, 11, 20), "R1")


async def test_the_same_file_and_the_same_row_in_another_file_change_nothing(world: World) -> None:
    await world.owes(ANA)
    await world.feed("payments", HEADER, PAID)
    before = await world.books()
    again = await world.feed("payments", HEADER, PAID, at=NOW + timedelta(hours=1))
    other = await world.feed("payments", HEADER, MORE, PAID, file="otro.csv")
    assert (again.unchanged, other.unchanged, other.taken) == (1, 1, 1)
    assert before["accounts"] != (await world.books())["accounts"]  # by the new row alone
    assert await left(world) == 400_000


async def test_what_the_creditors_balance_holds_already_is_not_taken_off_twice(world: World) -> None:
    await world.owes(ANA, as_of=CUT_OFF)
    await world.feed("payments", HEADER, "A1;300000;15/11/2026;R0;pago", PAID)
    assert await left(world) == 600_000


async def test_money_taken_back_is_owed_again(world: World) -> None:
    await world.owes(ANA)
    await world.feed("payments", HEADER, PAID)
    report = await world.feed("payments", HEADER, BACK)
    assert report.taken == 1
    assert await left(world) == 900_000
    (fact,) = await world.facts("payment_reversed")
    assert isinstance(fact, f.PaymentReversed)
    assert (fact.amount.minor, fact.why) == (30_000_000, "reversal")


async def test_a_reversal_of_what_the_balance_of_record_holds_raises_what_is_owed(world: World) -> None:
    await world.owes(ANA)
    await world.feed("payments", HEADER, "A1;300000;15/11/2026;R0;pago")
    await world.feed("payments", HEADER + ";Reverso de", "A1;300000;19/11/2026;X9;reverso;R0")
    assert await left(world) == 1_200_000


async def test_a_negative_amount_is_a_reversal(world: World) -> None:
    await world.owes(ANA)
    await world.feed("payments", "Obligación;Importe;Fecha;Referencia", "A1;300000;20/11/2026;R1")
    await world.feed("payments", "Obligación;Importe;Fecha;Referencia", "A1;-300000;21/11/2026;R1")
    assert await left(world) == 900_000


async def test_whatever_the_order_of_arrival_the_books_are_the_same(world: World) -> None:
    """Two payments and a reversal, each in a file of its own, in all six orders; the last is as the first."""
    rows = (PAID, MORE, BACK)
    seen = []
    for order in permutations(rows):
        await world.pool.execute("truncate account, subject, contact_point, payment, payment_reversal cascade")
        await world.pool.execute("truncate fact, ledger_entry, promise, agreement, installment")
        await world.owes(ANA)
        await world.agree("acuerdo", ANA[1], 20_000_000, 30_000_000)
        await world.promise("promesa", ANA[1], date(2026, 11, 22), 20_000_000, NOW - timedelta(days=5))
        for n, row in enumerate(order):
            await world.feed("payments", HEADER, row, at=NOW + timedelta(hours=n))
        seen.append(await world.books())
    assert seen[0]["agreements"] == [("acuerdo", "active")]
    assert seen[0]["parts"] == [("acuerdo", 1, 20_000_000), ("acuerdo", 2, 0)]
    assert all(one == seen[0] for one in seen)


async def test_an_agreement_is_kept_by_it_and_runs_again_when_it_is_taken_back(world: World) -> None:
    await world.owes(ANA)
    await world.agree("acuerdo", ANA[1], 30_000_000)
    await world.feed("payments", HEADER, PAID)
    kept = await world.books()
    assert kept["agreements"] == [("acuerdo", "kept")]
    assert await left(world) == 0  # what the agreement gave up is waived
    await world.feed("payments", HEADER, BACK)
    again = await world.books()
    assert (again["agreements"], again["parts"]) == ([("acuerdo", "active")], [("acuerdo", 1, 0)])
    assert await left(world) == 900_000
    assert await world.facts("agreement_reopened") == [f.AgreementReopened("acuerdo")]


async def test_a_payment_of_before_the_agreement_does_not_count_for_it(world: World) -> None:
    await world.owes(ANA)
    await world.agree("acuerdo", ANA[1], 30_000_000)  # on the 17th
    await world.feed("payments", HEADER, "A1;300000;16/11/2026;R0;pago")
    assert (await world.books())["agreements"] == [("acuerdo", "active")]


async def test_a_promise_broken_for_want_of_news_is_kept_when_the_money_had_come_in_time(world: World) -> None:
    await world.owes(ANA)
    await world.promise("promesa", ANA[1], date(2026, 11, 20), 30_000_000, NOW - timedelta(days=9))
    await world.record(f.PromiseBroken("promesa", date(2026, 11, 20)), ANA[1], "roto")
    assert await world.value("select broken_promises from account") == 1
    await world.feed("payments", HEADER, PAID)
    assert (await world.books())["promises"] == [("promesa", "kept")]
    assert await world.value("select broken_promises from account") == 0


async def test_our_own_payment_is_recognised_by_its_reference(world: World) -> None:
    await world.owes(ANA)
    await world.pays_us("p1", ANA, 30_000_000, datetime(2026, 11, 18, 15, tzinfo=UTC), ref="PSE-77")
    report = await world.feed("payments", HEADER, "A1;300000;20/11/2026;PSE-77;pago")
    assert report.taken == 1
    assert await left(world) == 600_000
    assert await world.value("select count(*) from payment") == 1


async def test_our_own_payment_is_recognised_by_account_amount_and_day(world: World) -> None:
    await world.owes(ANA)
    await world.pays_us("p1", ANA, 30_000_000, datetime(2026, 11, 18, 15, tzinfo=UTC))
    await world.feed("payments", HEADER, PAID)  # two days later, by the bank's own number
    await world.feed("payments", HEADER, "A1;300000;20/11/2026;R7;pago")  # another one of the same amount
    assert await left(world) == 300_000
    assert await world.value("select reference from payment where id = 'p1'") == "R1"


async def test_a_payment_far_from_ours_is_another(world: World) -> None:
    await world.owes(ANA)
    await world.pays_us("p1", ANA, 30_000_000, datetime(2026, 11, 16, 15, tzinfo=UTC))
    await world.feed("payments", HEADER, PAID)
    assert await left(world) == 300_000


async def test_our_own_payment_can_be_taken_back(world: World) -> None:
    await world.owes(ANA)
    await world.pays_us("p1", ANA, 30_000_000, datetime(2026, 11, 18, 15, tzinfo=UTC), ref="PSE-77")
    await world.feed("payments", HEADER, "A1;300000;20/11/2026;PSE-77;contracargo")
    assert await left(world) == 900_000
    assert await world.value("select status from payment") == "refunded"


async def test_a_payment_of_nobody_known_waits_and_goes_in_with_its_account(world: World) -> None:
    await world.owes(IVAN)
    report = await world.feed("payments", HEADER, PAID, "A2;100000;20/11/2026;R5;pago")
    assert (report.taken, report.unmatched) == (1, 1)
    assert await world.waiting("payments") == ["obligación A1"]
    await world.owes(ANA)
    assert await world.catch_up(ANA[1]) == 1
    assert await left(world) == 600_000
    assert await world.waiting("payments") == []


async def test_a_reversal_before_its_payment_waits_for_it(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("payments", HEADER, BACK)
    assert report.unmatched == 1
    assert await world.waiting("payments") == ["pago R1"]
    await world.feed("payments", HEADER, PAID)
    assert await left(world) == 900_000
    assert await world.waiting("payments") == []


async def test_one_reference_with_another_amount_is_set_aside_with_its_row(world: World) -> None:
    await world.owes(ANA)
    await world.feed("payments", HEADER, PAID)
    report = await world.feed("payments", HEADER, "A1;999;20/11/2026;R1;pago", MORE)
    assert (report.taken, report.set_aside) == (1, 1)
    assert report.set_aside_file is not None
    assert "A1;999;20/11/2026;R1;pago;2;" in report.set_aside_file.decode("utf-8-sig")
    assert "esa referencia ya entró" in report.set_aside_file.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("A1;0;20/11/2026;R1;pago", "amount_zero"),
        ("A1;300000;24/12/2026;R1;pago", "date_future"),
        ("A1;300000;;R1;pago", "missing"),
        ("A1;300000;20/11/2026;;pago", "missing"),
        (";300000;20/11/2026;R1;pago", "nobody"),
        ("A1;300000;20/11/2026;R1;préstamo", "word_unknown"),
        ("A1;mil;20/11/2026;R1;pago", "amount_bad"),
    ],
)
async def test_bad_rows_are_set_aside_with_their_reason(world: World, row: str, code: str) -> None:
    await world.owes(ANA)
    report = await world.feed("payments", HEADER, row, MORE)
    assert [one.code for one in report.faults] == [code]
    assert report.taken == 1


async def test_a_reference_twice_in_a_file_is_told_as_it_is_written(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("payments", HEADER, PAID, "A1;999;20/11/2026;R1;pago")
    (fault,) = report.faults
    assert (fault.column, fault.value, fault.reason) == ("Referencia", "R1", "«R1» ya está en la fila 2")


async def test_an_open_conversation_is_told_and_an_old_payment_is_no_news(world: World) -> None:
    await world.owes(ANA)
    talk = await world.talk(ANA[1])
    await world.feed("payments", HEADER, PAID, "A1;1000;01/11/2026;R8;pago")
    rows = await world.rows("select payload from pgqueuer where entrypoint = $1", JOB)
    (telling,) = [msgspec.json.decode(payload, type=Telling) for (payload,) in rows]
    assert telling.conversation == talk
    assert isinstance(telling.event, f.PaymentArrived)
    assert (telling.event.amount.minor, telling.event.remaining.minor) == (30_000_000, 60_000_000)
    assert await world.value("select stale from conversation where id = $1", talk)


async def test_a_dry_run_says_everything_and_keeps_nothing(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("payments", HEADER, PAID, "A9;1;20/11/2026;R9;pago", dry_run=True)
    assert (report.taken, report.unmatched) == (1, 1)
    assert await left(world) == 900_000
    assert await world.value("select count(*) from import") == 0
    assert await world.waiting("payments") == []


async def test_an_import_is_on_record(world: World) -> None:
    await world.owes(ANA)
    report = await world.feed("payments", HEADER, PAID)
    assert await world.rows("select id, feed, status, counts ->> 'taken' from import") == [
        (report.import_id, "payments", "done", "1")
    ]
    (fact,) = await world.facts("feed_imported")
    assert isinstance(fact, f.FeedImported)
    assert (fact.feed, fact.taken) == ("payments", 1)


async def test_a_crash_leaves_nothing(world: World) -> None:
    await world.owes(ANA)
    before = await world.books()

    def crash(done: int, of: int) -> None:
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await world.feed("payments", HEADER, PAID, progress=crash)
    assert await world.books() == before
    assert await world.value("select count(*) from import") == 0


async def test_our_own_payment_on_a_debt_that_the_creditor_names_is_that_debts(world: World) -> None:
    await world.owes(ANA)
    await world.owes(("A9", *ANA[1:]), late=90)
    await world.pays_us("p1", ("A9", *ANA[1:]), 30_000_000, datetime(2026, 11, 18, 15, tzinfo=UTC), ref="PSE-77")
    both = [world.account("A1"), world.account("A9")]
    await world.pool.execute("update payment set accounts = $1", both)  # as our own link says: whatever is owed
    await world.feed("payments", HEADER, "A1;300000;20/11/2026;PSE-77;pago")
    assert (await left(world, "A1"), await left(world, "A9")) == (600_000, 900_000)
