"""What a creditor is told of a fact: the table is whole, and the store's statement says what the fold in core says."""

from __future__ import annotations

import random  # noqa: TID251 - seeded, in a test
from datetime import date, timedelta
from typing import Any, get_args

import asyncpg
import msgspec
import pytest

from acuerdo.adapters.store import book
from acuerdo.adapters.store.results import StoredResults
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.results.lines import Line, Place, agent_of, lines_of, outcome_of
from acuerdo.core.results.outcomes import BY_FACT, KINDS, OUTCOMES, RULES
from acuerdo.core.words import HandOverReason, HoldKind, Money
from acuerdo.service.creditors import Creditor
from acuerdo.service.feeding import contact_results

from .results_cases import ACCOUNTS, NOW, RING, ZONES, agreement, bank, cop, happened, note, paid, promise, settled


def test_each_outcome_of_the_table_has_words_and_each_word_is_used() -> None:
    given = {one for rule in RULES for one in (rule.outcome, *rule.variants.values())}
    assert given == set(OUTCOMES)
    assert {rule.kind for rule in RULES} == set(KINDS)
    assert len(BY_FACT) == len(RULES)


def test_every_path_of_the_table_begins_with_a_field_of_its_fact() -> None:
    for rule in RULES:
        for name in (
            *(path[0] for path in (rule.reference, rule.amount, rule.due, rule.when, rule.agent) if path),
            rule.field or None,
        ):
            assert name is None or name in rule.fact.__struct_fields__, (rule.fact, name)
            assert name not in rule.fact.personal, "what is sealed never shapes a line"


def test_every_result_of_a_call_has_its_own_outcome() -> None:
    assert set(BY_FACT[f.CallLogged].variants) == set(contact_results())
    assert outcome_of(f.CallLogged("marta", "k", "busy", False)) == "call_busy"
    assert outcome_of(f.CallLogged("marta", "k", "one of tomorrow", False)) == "call"


def test_every_hold_and_every_reason_to_hand_over_has_its_own_outcome() -> None:
    assert set(BY_FACT[f.HoldPlaced].variants) == set(get_args(HoldKind))
    assert set(BY_FACT[f.HandedOver].variants) == set(get_args(HandOverReason))


@pytest.mark.parametrize("hold", ["vulnerability", "suicide_risk", "bereavement"])
def test_what_may_speak_of_health_leaves_as_one_word(hold: HoldKind) -> None:
    assert outcome_of(f.HoldPlaced(hold)) == "hold_protected"
    assert outcome_of(f.HandedOver("vulnerability")) == "hand_over_protected"


def test_who_did_it_is_an_agents_login_or_the_bot() -> None:
    assert [agent_of(who) for who in ("agent:marta", "bot", "system", "debtor")] == ["marta", "bot", "bot", "bot"]


def test_a_payment_over_two_accounts_is_two_lines_that_sum_to_it() -> None:
    r = Recorded("p", NOW, "system", f.PaymentReceived("pay", cop(100), "gw"), "b", "ana")
    made = lines_of(r, Place("America/Bogota", "web", ("A", "B"), (("A", 3_000), ("B", 7_000))))
    assert [(one.n, one.external_id, one.amount, one.accounts) for one in made] == [
        (1, "A", 3_000, "A|B"), (2, "B", 7_000, "A|B"),
    ]  # fmt: skip


def test_what_a_creditor_is_not_told_is_no_line() -> None:
    r = Recorded("p", NOW, "bot", f.BalanceTold(cop(100)), "b", "ana")
    assert lines_of(r, Place()) == ()


def _facts(chance: random.Random, n: int) -> f.AnyFact:
    """Any of the table's facts, its fields by chance; agreements and payments that exist are told elsewhere."""
    kind: Any = chance.choice([one.fact for one in RULES])
    made = {
        f.LinkOpened: lambda: f.LinkOpened("ab" * 4),
        f.HoldPlaced: lambda: f.HoldPlaced(chance.choice(get_args(HoldKind))),
        f.HandedOver: lambda: f.HandedOver(chance.choice(get_args(HandOverReason))),
        f.ContactUpdated: lambda: f.ContactUpdated(chance.choice(["phone", "email", "address", "fax"]), "x"),
        f.ContactBlocked: lambda: f.ContactBlocked(chance.choice(["wrong_person", "deceased"])),
        f.AgreementAccepted: lambda: agreement(f"deal{n}", chance.randint(1, 900)),
        f.PromiseMade: lambda: chance.choice([promise(f"word{n}", 50), f.PromiseMade(f"word{n}", date(2026, 12, 2))]),
        f.OfferBelowFloor: lambda: f.OfferBelowFloor(chance.choice([None, Money(700, "EUR")])),
        f.ContactImported: lambda: f.ContactImported(
            "phone", "voice", "x", chance.random() < 0.5, NOW - timedelta(days=2), chance.choice(["", "Marta R."])
        ),
        f.HoldLifted: lambda: f.HoldLifted("dispute"),
        f.OptedOut: lambda: f.OptedOut(chance.choice(["*", "sms"])),
        f.CallLogged: lambda: f.CallLogged("marta", "k", chance.choice(["answered", "busy", "x"]), False),
        f.PaymentReversed: lambda: f.PaymentReversed("y", cop(3), "reversal", NOW - timedelta(days=1)),
    }
    if kind in made:
        return made[kind]()
    kinds = {"str": "k", "int": 1, "date": date(2026, 12, 3), "datetime": NOW, "Money": cop(5), "bool": False}
    fields = msgspec.structs.fields(kind)
    values = {one.name: kinds.get(getattr(one.type, "__name__", ""), "day") for one in fields if one.required}
    return kind(**values)


# Causes that are files' of the creditor: one that is on record, and rows that had waited for a portfolio.
FILES = {"file": "contacts", "optouts:0a1b": "optouts"}


def _place(r: Recorded, facts: dict[str, Recorded]) -> Place:
    """What the rows of `bank` say that a fact is put down to."""
    who, fact = r.person or "", r.fact
    own = {external: name for name, (holder, external, _) in ACCOUNTS.items() if holder == who}
    accounts: tuple[str, ...] = ("LC-2",) if who == "ana" else ("0007",)
    given: tuple[Money | None, date | None] = (None, None)
    if r.account:
        accounts = (ACCOUNTS[r.account][1],)
    elif getattr(fact, "agreement", "") in facts:
        accounts = tuple(sorted(own, key=lambda one: own[one]))
    promised = facts.get(getattr(fact, "promise", ""))
    if promised is not None and isinstance(promised.fact, f.PromiseMade):
        given = (promised.fact.amount, promised.fact.due)
    channel = "" if r.conversation is None else "web"
    cause = None if BY_FACT[type(fact)].follows else r.cause
    return Place(ZONES[who], channel, accounts, (), given, FILES.get(cause or "", ""))


async def _written(db: asyncpg.Pool, made: Creditor, facts: list[Recorded]) -> None:
    await note(db, [r for r in facts if isinstance(r.fact, f.AgreementAccepted | f.PromiseMade)])
    rest = [r for r in facts if not isinstance(r.fact, f.AgreementAccepted | f.PromiseMade)]
    async with db.acquire() as one:
        keys = await book.keys_of(one, RING, ZONES)
        await book.insert(one, rest, keys)


async def _lines(db: asyncpg.Pool, creditor: str) -> list[Line]:
    await settled(db)
    await StoredResults(db, RING).gather(creditor)
    found = await db.fetch(
        """select n, kind, outcome, at, zone, external_id, accounts, channel, agent, amount, currency, due, reference,
                  origin
           from result_line where creditor_id = $1 order by n""",
        creditor,
    )
    return [Line(*row) for row in found]


@pytest.mark.parametrize("seed", range(4))
async def test_the_statement_says_what_the_fold_says(
    db: asyncpg.Pool, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acuerdo.adapters.store.results.BATCH", 23)
    chance, made = random.Random(seed), await bank(db)
    await db.execute(
        """insert into import (id, creditor_id, feed, file, digest, at, who)
           values ('file', $1, 'contacts', 'c.csv', '', $2, 'operator')""",
        made.id, NOW,
    )  # fmt: skip
    history: list[Recorded] = []
    for n in range(80):
        who = chance.choice(list(ZONES))
        own = [name for name, (holder, *_) in ACCOUNTS.items() if holder == who]
        account = chance.choice(own) if chance.random() < 0.3 else None
        at, by = NOW + timedelta(minutes=chance.randint(0, 9000)), chance.choice(["bot", "agent:marta", "system"])
        told = _facts(chance, n)
        made_of = happened(made, who, told, at=at, by=by, account=account, outside=chance.random() < 0.3)
        file = chance.choice([None, None, "an inbound", *FILES])
        history += [msgspec.structs.replace(r, cause=file) for r in made_of]
    history += happened(made, "ana", f.AgreementBroken("deal-x", date(2026, 12, 9)))
    await _written(db, made, history)

    named = {getattr(r.fact, "agreement", "") or getattr(r.fact, "promise", ""): r for r in history
             if isinstance(r.fact, f.AgreementAccepted | f.PromiseMade)}  # fmt: skip
    order = {row["id"]: row for row in await db.fetch("select id, txid, pos from fact order by txid, pos")}
    by_id = {r.id: r for r in history}
    expected: list[Line] = []
    for name in order:
        r = by_id[name]
        expected += lines_of(r, _place(r, named), first=len(expected) + 1)
    assert await _lines(db, made.id) == expected
    assert len(expected) > 60


async def test_a_payment_is_told_as_it_was_laid_over_the_accounts(db: asyncpg.Pool) -> None:
    made = await bank(db)
    await paid(db, made, "ana", "pay1", {"a-ana": 30, "b-ana": 70})
    told = await _lines(db, made.id)
    assert [(one.outcome, one.external_id, one.amount, one.currency, one.reference) for one in told] == [
        ("payment", "LC-2", 7_000, "COP", "pay1"), ("payment", "TC-1", 3_000, "COP", "pay1"),
    ]  # fmt: skip


async def test_what_came_of_a_promise_says_how_much_and_when(db: asyncpg.Pool) -> None:
    made = await bank(db)
    await note(db, happened(made, "luis", promise("p1", 50)))
    await note(db, happened(made, "luis", f.PromiseKept("p1"), by="system", outside=True))
    kept = (await _lines(db, made.id))[-1]
    assert (kept.outcome, kept.amount, kept.due, kept.external_id) == (
        "promise_kept",
        5_000,
        date(2026, 11, 27),
        "0007",
    )


async def test_a_campaigns_account_goes_before_the_persons_foremost(db: asyncpg.Pool) -> None:
    made = await bank(db)
    await db.execute(
        """insert into campaign (id, creditor_id, segment, status, planned_at, planned_for, rules, strategy)
           values ('c', $1, 'all', 'running', $2, $2, '', '{}')""",
        made.id, NOW,
    )  # fmt: skip
    await db.execute(
        """insert into campaign_entry (campaign_id, account_id, person_id, included, code, why, status)
           values ('c', 'a-ana', 'ana', true, '', '[]', 'sent')"""
    )
    (r,) = happened(made, "ana", f.Identified("link_and_document"))
    await note(db, [msgspec.structs.replace(r, campaign="c")], happened(made, "ana", f.OptedOut("*")))
    assert [one.external_id for one in await _lines(db, made.id)] == ["TC-1", "LC-2"]


async def test_the_index_and_the_statement_read_the_same_facts(db: asyncpg.Pool) -> None:
    made = await db.fetchval("select pg_get_indexdef('fact_results'::regclass)")
    told = {str(rule.fact.__struct_config__.tag) for rule in RULES}
    assert {one for one in f.KINDS if f"'{one}'" in made} == told
