"""The figures in SQL are the fold in core, over random histories, whatever the order in which transactions settle."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 - seeded, in a test
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec
import pytest

from acuerdo.adapters.store import book
from acuerdo.adapters.store.kpis import StoredFigures
from acuerdo.core import facts as f
from acuerdo.core.facts import KINDS, Recorded, kind_of, pack
from acuerdo.core.kpis.fold import Cell, Sum, Where, average, conversion, fold, segment_of
from acuerdo.core.kpis.measures import FUNNEL, MEASURES
from acuerdo.core.words import Money
from acuerdo.service import measuring

START = datetime(2026, 11, 23, 15, tzinfo=UTC)
ZONES = {"ana": "America/Bogota", "luis": "Europe/Madrid", "eva": "America/Mexico_City"}
CREDITOR = {"ana": "tienda", "luis": "banco", "eva": "tienda"}
TALKS = {  # conversation: person, its segment, its campaign, the channel of its link
    "t-ana": ("ana", "temprana", "c1", "sms"),
    "t-ana2": ("ana", "media", None, "sms"),
    "t-luis": ("luis", "media", None, "mail"),
    "t-eva": ("eva", "", None, None),
    "t-all": ("ana", "", "c3", "sms"),
}
SEGMENT_OF = {"c1": "camp", "c2": "otra", "c3": "all"}
ACCOUNTS = {  # account: person, its segment, its rank
    "a-ana": ("ana", "alta", 1.0), "a-ana2": ("ana", "baja", 2.0), "a-luis": ("luis", None, 1.0),
    "a-luis2": ("luis", "tercera", 0.5),
}  # fmt: skip
INVITED = {"c3": "a-ana"}  # whom the campaign over all segments invites, for which account
TOKENS = {
    "aa01": ("ana", "sms", "c1"),
    "bb02": ("luis", "mail", None),
    "cc03": ("eva", "sms", "c2"),
    "dd04": ("ana", "sms", "c3"),
}


async def people(db: asyncpg.Pool) -> None:
    """Creditors, people, campaigns, conversations and links for the histories to happen to."""
    for creditor in ("tienda", "banco"):
        await db.execute(
            "insert into creditor (id, name, settings, added_at) values ($1, $1, '{}', $2)", creditor, START
        )
    for who, zone in ZONES.items():
        await db.execute("insert into subject values ($1, 'CO')", who)
        await db.execute(
            """insert into person (id, creditor_id, subject_id, country, zones, sealed, digest)
               values ($1, $2, $1, 'CO', $3, '', '')""",
            who, CREDITOR[who], [zone],
        )  # fmt: skip
    for name, segment in SEGMENT_OF.items():
        await db.execute(
            """insert into campaign (id, creditor_id, segment, status, planned_at, planned_for, rules, strategy)
               values ($1, 'tienda', $2, 'running', $3, $3, '', '{}')""",
            name, segment, START,
        )  # fmt: skip
    await db.execute("insert into artefact (hash, kind, name, body, at) values ('file', 'segments', '', '', $1)", START)
    for account, (who, own, rank) in ACCOUNTS.items():
        await db.execute(
            """insert into account (id, creditor_id, person_id, external_id, product, currency, balance, days_past_due,
                                    as_of, digest)
               values ($1, $2, $3, $1, '', 'COP', 1, 1, $4, '')""",
            account, CREDITOR[who], who, START.date(),
        )  # fmt: skip
        if own:
            await db.execute(
                """with t as (insert into segment_terms (file, segment, currency, handler, authority)
                              values ('file', $2, 'COP', 'bot', '') returning id)
                   insert into account_segment (account_id, terms, rank) select $1, id, $3 from t""",
                account, own, rank,
            )  # fmt: skip
    for campaign, account in INVITED.items():
        await db.execute(
            """insert into campaign_entry (campaign_id, account_id, person_id, included, channel, at, code, why, status)
               values ($1, $2, $3, true, 'sms', $4, '', '[]', 'sent')""",
            campaign, account, ACCOUNTS[account][0], START,
        )  # fmt: skip
    for talk, (who, segment, campaign, channel) in TALKS.items():
        await db.execute(
            """insert into conversation (id, creditor_id, person_id, channel, campaign_id, segment, flows, state,
                                         started_at)
               values ($1, $2, $3, 'web', $4, $5, '', '', $6)""",
            talk, CREDITOR[who], who, campaign, segment, START,
        )  # fmt: skip
        if channel:
            await db.execute(LINK, talk.encode(), CREDITOR[who], who, talk, None, channel, START)
    for token, (who, channel, campaign) in TOKENS.items():
        await db.execute(LINK, bytes.fromhex(token), CREDITOR[who], who, None, campaign, channel, START)


LINK = """
insert into link (token_hash, creditor_id, person_id, conversation_id, campaign_id, channel, address_hash, issued_at,
                  expires_at) values ($1, $2, $3, $4, $5, $6, '', $7, $7)
"""


def where(r: Recorded) -> Where:
    """What the rows above say that a fact is put down to."""
    person = r.person or "ana"
    zone, campaign, talk, channel = ZONES[person], r.campaign, "", ""
    if isinstance(r.fact, f.LinkOpened):
        _, channel, of_link = TOKENS[r.fact.token]
        campaign = campaign or of_link
    elif r.conversation:
        _, talk, of_talk, by = TALKS[r.conversation]
        campaign, channel = campaign or of_talk, by or "web"
    invited = INVITED.get(campaign or "")
    of_invited = ACCOUNTS[invited][1] if invited and ACCOUNTS[invited][0] == person else None
    account = ACCOUNTS[r.account][1] if r.account else None
    segment = segment_of(SEGMENT_OF.get(campaign or ""), account, of_invited, talk, foremost(person))
    return Where(segment, channel, zone)


def foremost(person: str) -> str | None:
    own = [(rank, segment) for who, segment, rank in ACCOUNTS.values() if who == person and segment]
    return max(own)[1] if own else None


class History:
    """Random facts of every measured kind and some others, repeated and out of order."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.made = 0
        self.agreements: list[str] = []

    def money(self) -> Money:
        return Money(self.chance.randint(1, 90_000), self.chance.choice(["COP", "EUR"]))

    def fact(self, before: list[str]) -> f.AnyFact:
        pick, key = self.chance.choice, f"k{self.chance.randint(1, 12)}"
        self.made += 1
        makers: list[Callable[[], f.AnyFact]] = [
            lambda: f.MessageSent(pick(["sms", "mail"]), key, "x"),
            lambda: f.MessageDelivered(pick(["sms", "mail"]), key),
            lambda: f.Identified("link_and_document"),
            lambda: f.Heard(key, "hola", b"{}"),  # type: ignore[arg-type]
            lambda: f.OfferMade(("a",), (self.money(),)),
            lambda: f.AgreementAccepted(self._agreement(), self.money(), self.money(), (), "", ""),
            lambda: f.AgreementSuperseded(pick([*before, "unheard of"]), "newer"),
            lambda: f.PaymentLinkSent(f"pay{self.chance.randint(1, 6)}", self.money()),
            lambda: f.PromiseMade(key, date(2026, 12, 1), self.money()),
            lambda: f.PaymentReceived(f"pay{self.chance.randint(1, 6)}", self.money(), ""),
            lambda: f.HandedOver("asked"),
            lambda: f.OptedOut("*"),
            lambda: f.SatisfactionGiven(self.chance.randint(1, 5)),
            lambda: f.BalanceTold(self.money()),
            lambda: f.TimerRang("silence", key),
        ]
        return pick(makers)()

    def _agreement(self) -> str:
        self.agreements.append(f"deal{self.made}")
        return self.agreements[-1]

    def recorded(self, before: list[str]) -> Recorded:
        at = START + timedelta(minutes=self.chance.randint(0, 4000))
        if self.chance.random() < 0.1:
            token = self.chance.choice(list(TOKENS))
            who = TOKENS[token][0]
            return Recorded(f"f{self._next()}", at, "debtor", f.LinkOpened(token), CREDITOR[who], who)
        talk = self.chance.choice(list(TALKS))
        who, fact = TALKS[talk][0], self.fact(before)
        outside = isinstance(fact, f.MessageSent | f.MessageDelivered | f.OptedOut)
        campaign = self.chance.choice([None, "c1", "c2", "c3"]) if outside else None
        own = [name for name, (holder, *_) in ACCOUNTS.items() if holder == who]
        account = self.chance.choice(own) if own and self.chance.random() < 0.4 else None
        conversation = None if outside and self.chance.random() < 0.8 else talk
        return Recorded(f"f{self._next()}", at, "bot", fact, CREDITOR[who], who, account, conversation, campaign, None)

    def _next(self) -> int:
        self.made += 1
        return self.made


async def write(db: asyncpg.Connection, facts: list[Recorded]) -> None:
    rows = [
        (r.id, r.at, kind_of(r.fact), r.who, r.creditor, r.person, r.account, r.conversation, r.campaign, r.cause,
         pack(r.fact)[0].decode(), pack(r.fact)[1])
        for r in facts
    ]  # fmt: skip
    await db.execute(book.INSERT, *[list(column) for column in zip(*rows, strict=True)])
    for r in facts:
        if isinstance(r.fact, f.AgreementAccepted):
            await db.execute(
                """insert into agreement (id, creditor_id, person_id, accounts, status, currency, balance, total,
                                          origin, accepted_at)
                   values ($1, $2, $3, '{}', 'active', $4, 1, $5, '', $6)""",
                r.fact.agreement, r.creditor, r.person, r.fact.total.currency, r.fact.total.minor, r.at,
            )  # fmt: skip


async def settled(db: asyncpg.Pool) -> list[Recorded]:
    """All facts in the order in which they are counted."""
    rows = await db.fetch("select * from fact order by txid, pos")
    return [
        Recorded(
            r["id"], r["at"], r["who"], book.unpack(r["shown"], r["sealed"]), r["creditor_id"], r["person_id"],
            r["account_id"], r["conversation_id"], r["campaign_id"],
        )
        for r in rows
    ]  # fmt: skip


async def catch_up(db: asyncpg.Pool, figures: StoredFigures) -> dict[Cell, Sum]:
    """The figures once everything is settled; other tests' transactions on the same server may hold it up."""
    waiting = "select exists (select from fact where txid >= pg_snapshot_xmin(pg_current_snapshot()))"
    for _ in range(500):
        if not await db.fetchval(waiting):
            break
        await asyncio.sleep(0.02)
    await measuring.refresh(figures)
    return await figures.table(None)


@pytest.mark.parametrize("seed", range(6))
async def test_sql_counts_what_the_fold_counts(db: asyncpg.Pool, seed: int) -> None:
    await people(db)
    history, figures = History(seed), StoredFigures(db)
    known: list[str] = []
    for _ in range(12):
        facts = [history.recorded(known) for _ in range(history.chance.randint(1, 15))]
        async with db.acquire() as one, one.transaction():
            await write(one, facts)
        known = list(history.agreements)
        if history.chance.random() < 0.5:
            await measuring.refresh(figures)
    assert await catch_up(db, figures) == fold(await settled(db), where)


@pytest.mark.parametrize("seed", range(3))
async def test_each_step_of_the_funnel_is_a_part_of_the_one_before(db: asyncpg.Pool, seed: int) -> None:
    await people(db)
    history = History(100 + seed)
    async with db.acquire() as one, one.transaction():
        await write(one, [history.recorded([]) for _ in range(10)])
    await catch_up(db, StoredFigures(db))
    for creditor in (None, "tienda", "banco"):
        counts = [step["count"] for step in (await measuring.results(StoredFigures(db), creditor))["funnel"]]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] <= len(ZONES)


async def test_who_pays_without_an_agreement_is_committed_and_agreed_nothing(db: asyncpg.Pool) -> None:
    await people(db)
    facts: list[f.AnyFact] = [
        f.MessageSent("sms", "k1", ""), f.PaymentLinkSent("p", Money(5, "COP")),
        f.PaymentReceived("p", Money(5, "COP"), ""),
    ]  # fmt: skip
    async with db.acquire() as one:
        await write(one, [
            Recorded(f"f{n}", START, "bot", fact, "tienda", "ana", None, "t-ana") for n, fact in enumerate(facts)
        ])  # fmt: skip
    await catch_up(db, StoredFigures(db))
    told = await measuring.results(StoredFigures(db))
    assert [step["count"] for step in told["funnel"]] == [1] * len(FUNNEL), "who paid came all the way"
    totals = {key: told["totals"][key] for key in ("committed", "paid", "agreements", "promises")}
    assert totals == {"committed": 1, "paid": 1, "agreements": 0, "promises": 0}


def test_a_segment_is_the_campaigns_and_over_all_segments_the_accounts_own() -> None:
    assert segment_of("camp", "own", "invited", "talk", "first") == "camp"
    assert segment_of("all", "own", "invited", "talk", "first") == "own"
    assert segment_of("all", None, "invited", "talk", "first") == "invited"
    assert segment_of(None, None, None, "", "first") == "first"
    assert segment_of("all", None, None, None, None) == ""


async def test_transactions_that_commit_late_are_not_passed_over(db: asyncpg.Pool) -> None:
    await people(db)
    figures = StoredFigures(db)
    async with db.acquire() as slow, db.acquire() as quick:
        late = slow.transaction()
        await late.start()
        await write(slow, [Recorded("slow", START, "system", f.MessageSent("sms", "k1", ""), "tienda", "ana")])
        await write(quick, [Recorded("quick", START, "system", f.MessageSent("sms", "k2", ""), "tienda", "ana")])
        await measuring.refresh(figures)
        assert await figures.table(None) == {}, "an older transaction is open, so nothing after it is settled"
        await late.commit()
    table = await catch_up(db, figures)
    sent = Cell(date(2026, 11, 23), "tienda", "baja", "sms", "sent")
    assert table == {sent: Sum(2), msgspec.structs.replace(sent, measure="people_sent"): Sum(1)}


async def test_several_workers_count_each_fact_once(db: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acuerdo.adapters.store.kpis.BATCH", 7)
    await people(db)
    history, figures = History(99), StoredFigures(db)

    async def writer() -> None:
        for _ in range(10):
            async with db.acquire() as one, one.transaction():
                await write(one, [history.recorded([]) for _ in range(5)])

    async def reader() -> None:
        for _ in range(15):
            await measuring.refresh(figures)
            await asyncio.sleep(0.001)

    await asyncio.gather(writer(), writer(), reader(), reader(), reader())
    assert await catch_up(db, figures) == fold(await settled(db), where)


async def test_results_have_the_shape_that_the_page_draws(db: asyncpg.Pool) -> None:
    await people(db)

    def of(who: str, n: int, fact: f.AnyFact, talk: str | None = None, days: int = 0) -> Recorded:
        at = START + timedelta(days=days)
        return Recorded(f"{who}{n}", at, "bot", fact, CREDITOR[who], who, None, talk, None, None)

    async with db.acquire() as one:
        await write(one, [
            of("ana", 1, f.MessageSent("sms", "k1", "")),
            of("ana", 2, f.MessageDelivered("sms", "k1")),
            of("ana", 3, f.Heard("x", "hola", b"{}"), "t-ana"),  # type: ignore[arg-type]
            of("ana", 4, f.AgreementAccepted("d", Money(100, "COP"), Money(9_000_000, "COP"), (), "", ""), "t-ana"),
            of("ana", 5, f.PaymentReceived("p", Money(4_500_050, "COP"), ""), "t-ana", days=2),
            of("ana", 6, f.SatisfactionGiven(5), "t-ana", days=2),
            of("luis", 7, f.SatisfactionGiven(2), "t-luis", days=2),
        ])  # fmt: skip
    await catch_up(db, StoredFigures(db))
    told = await measuring.results(StoredFigures(db))
    assert [step["key"] for step in told["funnel"]] == list(FUNNEL)
    assert told["funnel"][0] == {"key": "sent", "label": "Personas contactadas", "count": 1}
    assert told["totals"]["sent"] == 1
    assert [day["day"] for day in told["days"]] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert [day["paid"] for day in told["days"]] == [0, 0, 1]
    assert told["satisfaction"] == {"average": 3.5, "answers": 2, "by_score": [0, 1, 0, 0, 1]}
    assert told["money"] == [
        {
            "currency": "COP",
            "agreed": "$90.000",
            "paid": "$45.000,50",
            "agreed_minor": 9_000_000,
            "paid_minor": 4_500_050,
        }
    ]
    assert {row["segment"] for row in told["segments"]} == {"baja", "camp", "media"}
    assert {row["channel"]: row["agreements"] for row in told["channels"]} == {"sms": 1, "mail": 0}
    assert (await measuring.results(StoredFigures(db), "banco"))["satisfaction"]["answers"] == 1
    nothing = await measuring.results(StoredFigures(db), "nobody")
    assert nothing["days"] == []
    assert nothing["satisfaction"]["average"] is None


def test_conversion_is_against_the_step_before_and_the_first() -> None:
    steps = {step.key: step for step in conversion({"sent": 200, "delivered": 100, "opened": 0, "paid": 5})}
    assert (steps["delivered"].of_previous, steps["delivered"].of_first) == (0.5, 0.5)
    assert steps["conversations"].of_previous is None
    assert steps["paid"].of_first == 5 / 200
    assert all(step.of_first is None for step in conversion({}))
    assert average({}) is None


def test_every_measure_says_what_it_counts() -> None:
    for measure in MEASURES:
        assert len(measure.count.__doc__ or "") > 40, measure.key


def test_the_index_of_measured_facts_names_every_measured_kind() -> None:
    """The partial index and the statement must name the same kinds, or figures would be read by reading everything."""
    from importlib import resources

    from acuerdo.adapters.store.kpis import READ_ON

    schema = (resources.files("acuerdo") / "adapters/store/schema/0015_channels.sql").read_text()
    index = schema[schema.index("create index fact_measured") :].split(";")[0]
    named = {kind for kind in KINDS if f"'{kind}'" in index}
    assert named == {kind for kind in KINDS if f"'{kind}'" in READ_ON.split("order by")[0]}
    assert len(named) == 16
