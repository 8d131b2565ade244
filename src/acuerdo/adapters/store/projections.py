"""What rows follow from a fact: one table, so that whoever records a fact gets the same rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from acuerdo.adapters.store import lives, papers, reachability, reminders, slots
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import PRIORITY
from acuerdo.core.facts import Fact, Recorded
from acuerdo.core.negotiation import agreements, promises
from acuerdo.core.words import derive
from acuerdo.service.holding import hold_terms

Rule = Callable[[Db, Keyring, Recorded], Awaitable[None]]

# What is not a hand-over and still waits for a person, with its urgency.
TASKS: dict[type[Fact], tuple[str, int]] = {
    f.PaymentClaimed: ("payment_claim", 58),
    f.ClearanceRequested: ("clearance", 30),
    f.DataRightsRequested: ("data_rights", 72),
    f.CallbackScheduled: ("callback", 50),
    f.PaidTooMuch: ("paid_too_much", 62),
}


async def _work(db: Db, keyring: Keyring, r: Recorded, reason: str, priority: int, summary: str) -> None:
    wrapped = await db.fetchval("select wrapped_key from person where id = $1", r.person)
    key = keyring.person(wrapped, r.person or "")
    item = derive("work", r.id)
    await db.execute(
        """insert into work_item (id, creditor_id, person_id, conversation_id, account_id, reason, priority, opened_at,
                                  sealed)
           select $1, $2, $3, $4, $5, $6, $7, $8, $9
           where not exists (select from work_item where conversation_id = $4 and reason = $6 and status <> 'closed')
           on conflict (id) do nothing""",
        item, r.creditor, r.person, r.conversation, r.account, reason, priority, r.at,
        key.seal(summary.encode(), item.encode()) if key else None,
    )  # fmt: skip


async def _handed_over(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.HandedOver)  # noqa: S101 - the table below pairs each rule with its fact
    await _work(db, keyring, r, r.fact.reason, PRIORITY[r.fact.reason], r.fact.summary)


async def _task(db: Db, keyring: Keyring, r: Recorded) -> None:
    reason, priority = TASKS[type(r.fact)]
    if isinstance(r.fact, f.ClearanceRequested) and r.fact.document:
        return  # they have it
    over = r.fact.amount if isinstance(r.fact, f.PaidTooMuch) else None
    summary = f"Sobran {over.plain()} {over.currency} de un pago" if over else str(getattr(r.fact, "words", ""))
    await _work(db, keyring, r, reason, priority, summary)
    if isinstance(r.fact, f.PaymentClaimed) and r.fact.answer_by:
        await db.execute(
            """update work_item set answer_by = $3 where conversation_id = $1 and reason = $2 and status <> 'closed'""",
            r.conversation, reason, r.fact.answer_by,
        )  # fmt: skip


async def _callback(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.CallbackScheduled)  # noqa: S101 - as above
    await _work(db, keyring, r, "callback", 50, f"Contactar el {r.fact.day.isoformat()} a las {r.fact.hour}")


async def _slot_booked(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.SlotBooked)  # noqa: S101 - as above
    await slots.book(db, r.creditor or "", r.person or "", r.conversation or "", r.fact.slot, r.at)


async def _identity_failed(db: Db, keyring: Keyring, r: Recorded) -> None:
    await db.execute(
        """update link set failures = failures + 1 where token_hash =
             (select token_hash from link where conversation_id = $1 order by issued_at desc limit 1)""",
        r.conversation,
    )
    await db.execute(
        """insert into identity_day (person_id, day, failures)
           select p.id, ($2::timestamptz at time zone p.zones[1])::date, 1 from person p where p.id = $1
           on conflict (person_id, day) do update set failures = identity_day.failures + 1""",
        r.person, r.at,
    )  # fmt: skip
    await db.execute(
        """insert into identity_address (address_hash, day, failures)
           select c.address_hash, ($2::timestamptz at time zone p.zones[1])::date, 1
           from conversation c join person p on p.id = c.person_id where c.id = $1 and c.address_hash <> ''
           on conflict (address_hash, day) do update set failures = identity_address.failures + 1""",
        r.conversation, r.at,
    )  # fmt: skip


async def _identity_locked(db: Db, keyring: Keyring, r: Recorded) -> None:
    await db.execute(
        "update link set locked_at = $2 where conversation_id = $1 and locked_at is null", r.conversation, r.at
    )


async def _close_channel(db: Db, r: Recorded, channel: str, address_hash: str) -> None:
    await db.execute(
        """insert into opt_out (subject_id, channel, address_hash, at)
           select subject_id, $2, $3, $4 from person where id = $1
           on conflict (subject_id, channel, address_hash) do update set at = $4, undone_at = null
           where opt_out.undone_at is not null""",
        r.person, channel, address_hash, r.at,
    )  # fmt: skip


async def _opted_out(db: Db, keyring: Keyring, r: Recorded) -> None:
    """A stop word closes the channel it was said on and the address that invited; `*` closes everything."""
    assert isinstance(r.fact, f.OptedOut)  # noqa: S101 - as above
    closed = [(r.fact.channel, r.fact.address_hash)]
    if r.fact.channel != "*" and r.conversation:
        rows = await db.fetch("select channel, address_hash from link where conversation_id = $1", r.conversation)
        closed += ((row["channel"], row["address_hash"]) for row in rows)
    for channel, address_hash in closed:
        await _close_channel(db, r, channel, address_hash)
    await _cancel(db, keyring, r, "opted_out", closed)
    await slots.drop(db, r.person or "")
    await db.execute("update timer set fired_at = $2 where person_id in (select people_of($1)) and fired_at is null",
        r.person, r.at,
    )  # fmt: skip
    await db.execute(
        """update work_item set status = 'closed', closed_at = $2, outcome = 'opted_out'
           where person_id in (select people_of($1)) and reason = 'callback' and status <> 'closed'""",
        r.person, r.at,
    )  # fmt: skip


# Everybody who is this human: for one creditor, or for all ('').
SAME_HUMAN = """
select o.id from person p join subject s on s.id = p.subject_id
join subject g on g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)
join person o on o.subject_id = g.id and ($2 = '' or o.creditor_id = $2)
where p.id = $1
"""


async def _cancel(
    db: Db, keyring: Keyring, r: Recorded, why: str, closed: Sequence[tuple[str, str]], creditor: str = ""
) -> None:
    """What waits to be sent to this human, on these channels and addresses, is taken back in this very commit."""
    from acuerdo.adapters.store.feeds.queued import Stop, take_back  # it writes facts, whose rows are made here

    people = [row[0] for row in await db.fetch(SAME_HUMAN, r.person, creditor)]
    stops = [Stop(person, why, channel, address) for person in people for channel, address in closed]
    await take_back(db, keyring, stops, r.id, r.at)


async def _opt_out_undone(db: Db, keyring: Keyring, r: Recorded) -> None:
    """The person opens again whatever they closed."""
    await db.execute(
        """update opt_out set undone_at = $2 where undone_at is null and subject_id in (
             select g.id from person p join subject s on s.id = p.subject_id
             join subject g on g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)
             where p.id = $1)""",
        r.person, r.at,
    )  # fmt: skip


async def _blocked(db: Db, keyring: Keyring, r: Recorded) -> None:
    """The addresses that led here are no longer used for this person."""
    for row in await db.fetch(
        """select channel, address_hash from link where conversation_id = $1
           union select channel, address_hash from talk_place where conversation_id = $1 and channel <> 'web'""",
        r.conversation,
    ):
        await _close_channel(db, r, row["channel"], row["address_hash"])
    await reachability.moved(db, r.conversation, "wrong", r.at)


async def _held(db: Db, keyring: Keyring, r: Recorded) -> None:
    """A hold, with an end or a day on which it is looked at; one that stands is never made shorter."""
    assert isinstance(r.fact, f.HoldPlaced)  # noqa: S101 - as above
    kind = r.fact.hold
    # Care and mistakes of identity hold everywhere; what is about one creditor's debt holds for that creditor.
    creditor = "" if hold_terms()[kind].everywhere else r.creditor or ""
    until, review_at = r.fact.until, r.fact.review
    if until is None and review_at is None:
        review_at = r.at + timedelta(days=hold_terms()[kind].review or hold_terms()[kind].days)
    await db.execute(
        """insert into hold (subject_id, kind, creditor_id, since, until, review_at, who, person_id, fact_id)
           select subject_id, $2, $3, $4, $5, $6, $7, $1, $8 from person where id = $1
           on conflict (subject_id, kind, creditor_id) do update
             set since = case when hold.lifted_at is null and (hold.until is null or hold.until > $4)
                              then hold.since else $4 end,
                 until = case when hold.lifted_at is null and (hold.until is null or $5::timestamptz is null)
                              then null when hold.lifted_at is null then greatest(hold.until, $5) else $5 end,
                 review_at = $6, who = $7, person_id = $1, fact_id = $8, lifted_at = null, lifted_by = null,
                 by_register = false""",
        r.person, kind, creditor, r.at, until, review_at, r.who, r.id,
    )  # fmt: skip
    await _cancel(db, keyring, r, "on_hold", [("*", "")], creditor)


async def _agreed(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.AgreementAccepted)  # noqa: S101 - as above
    a = r.fact
    await db.execute(
        """insert into agreement (id, creditor_id, person_id, conversation_id, accounts, status, currency, balance,
                                  total, origin, accepted_at)
           values ($1, $2, $3, $4, (select coalesce(array_agg(id order by id), '{}') from account
                                    where person_id = root_of($3) and status = 'open' and balance - paid_since > 0
                                      and currency = $5 and ($10::text[] = '{}' or id = any($10))),
                   'proposed', $5, $6, $7, $8, $9)""",
        a.agreement, r.creditor, r.person, r.conversation, a.total.currency, a.balance.minor, a.total.minor, a.origin,
        r.at, list(a.accounts),
    )  # fmt: skip
    await db.executemany(
        "insert into installment (agreement_id, n, due, amount) values ($1, $2, $3, $4)",
        [(a.agreement, n, due, amount.minor) for n, (due, amount) in enumerate(a.parts, 1)],
    )
    await lives.agreement_goes(db, a.agreement, r.at, "accept", "activate")


def _goes(*events: agreements.Event) -> Rule:
    """An agreement goes where its table says: the first of these events that its state knows."""

    async def run(db: Db, keyring: Keyring, r: Recorded) -> None:
        agreement = r.fact.agreement  # type: ignore[union-attr]  # the table below pairs it with such facts alone
        for event in events:
            if await lives.agreement_goes(db, agreement, r.at, event):
                return

    return run


def _promise_goes(*events: promises.Event) -> Rule:
    """As `_goes`, of a promise."""

    async def run(db: Db, keyring: Keyring, r: Recorded) -> None:
        promise = r.fact.promise  # type: ignore[union-attr]  # as above
        for event in events:
            if await lives.promise_goes(db, promise, r.at, event):
                return

    return run


async def _promised(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.PromiseMade)  # noqa: S101 - as above
    p = r.fact
    await db.execute(
        """insert into promise (id, person_id, conversation_id, due, amount, currency, status, made_at)
           values ($1, $2, $3, $4, $5, $6, 'open', $7) on conflict (id) do nothing""",
        p.promise, r.person, r.conversation, p.due, p.amount.minor if p.amount else None,
        p.amount.currency if p.amount else "", r.at,
    )  # fmt: skip
    await reminders.of_promise(db, p.promise, r.at)
    if p.corrects:
        await lives.promise_goes(db, p.corrects, r.at, "reschedule")


async def _payment_link(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.PaymentLinkSent)  # noqa: S101 - as above
    await db.execute(
        """insert into payment (id, creditor_id, person_id, conversation_id, agreement_id, accounts, amount, currency,
                                status, gateway, created_at, chosen)
           select $1, $2, $3, $4,
                  (select id from agreement where person_id in (select people_of($3)) and status = 'active'
                   order by accepted_at desc limit 1),
                  coalesce(array_agg(id order by id), '{}'), $5, $6, 'created', coalesce(nullif((
                    select gateway from money_rules where creditor_id = $2 order by since desc limit 1), ''),
                  'sandbox'), $7, $8
           from account where person_id = root_of($3) and status = 'open' and balance - paid_since > 0
             and currency = $6 and ($8::text[] = '{}' or id = any($8))""",
        r.fact.payment, r.creditor, r.person, r.conversation, r.fact.amount.minor, r.fact.amount.currency, r.at,
        list(r.fact.accounts),
    )  # fmt: skip


async def _opened(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.LinkOpened)  # noqa: S101 - as above
    await db.execute(
        "update link set opened_at = $2 where token_hash = $1 and opened_at is null", bytes.fromhex(r.fact.token), r.at
    )
    row = await db.fetchrow(
        "select person_id, channel, address_hash from link where token_hash = $1", bytes.fromhex(r.fact.token)
    )
    if row is not None:
        await reachability.count(db, [(row[0], row[1], row[2], "opened")], r.at)


async def _chosen(db: Db, keyring: Keyring, r: Recorded) -> None:
    assert isinstance(r.fact, f.ChannelChosen)  # noqa: S101 - as above
    await db.execute("update person set chosen_channel = $2 where id = $1", r.person, r.fact.channel)


REACHED_SINCE = timedelta(days=7)


async def _reached(db: Db, keyring: Keyring, r: Recorded) -> None:
    """The person took part: the last attempt that could have led here was a contact, not only an attempt."""
    await db.execute(
        """update contact set reached = true where key = (
             select c.key from contact c join person p on p.subject_id = c.subject_id
             where p.id = $1 and c.at <= $2 and c.at > $3 order by c.at desc limit 1)""",
        r.person, r.at, r.at - REACHED_SINCE,
    )  # fmt: skip


PROJECTIONS: dict[type[Fact], Rule] = {
    f.HandedOver: _handed_over,
    f.IdentityFailed: _identity_failed,
    f.IdentityLocked: _identity_locked,
    f.OptedOut: _opted_out,
    f.OptOutUndone: _opt_out_undone,
    f.ContactBlocked: _blocked,
    f.HoldPlaced: _held,
    f.AgreementAccepted: _agreed,
    f.AgreementSuperseded: _goes("supersede"),
    f.AgreementCompleted: _goes("complete"),
    # A broken one is mended, and only a kept one is gone back on.
    f.AgreementReopened: _goes("mend", "reverse"),
    f.AgreementBroken: _goes("miss"),
    # It is active again once its new days are written, by whoever records the fact.
    f.AgreementRescheduled: _goes("reschedule"),
    f.AgreementCancelled: _goes("cancel"),
    f.PromiseMade: _promised,
    f.PromiseKept: _promise_goes("keep"),
    f.PromiseBroken: _promise_goes("miss"),
    f.PromiseReopened: _promise_goes("mend", "reverse"),
    f.PaymentLinkSent: _payment_link,
    f.LinkOpened: _opened,
    f.ChannelChosen: _chosen,
    f.Identified: _reached,
    f.DocumentMade: papers.made,
    f.DocumentMailed: papers.mailed,
    f.CodeWanted: papers.code_wanted,
    **dict.fromkeys(TASKS, _task),
    f.CallbackScheduled: _callback,
    f.SlotBooked: _slot_booked,
}
