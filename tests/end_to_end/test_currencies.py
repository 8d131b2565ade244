"""A person who owes in two currencies: no sum ever holds both, and each debt is paid in its own."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import corridor
from corridor import ANA, Chat, Town, first, words

from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.portfolio.reading import open_file
from acuerdo.service import creditors
from acuerdo.service.importing import import_day, import_portfolio
from acuerdo.service.segmenting import segment_accounts

DEBTS = (("OB-1042", "900000", "COP", 22, "tarjeta de crédito"), ("OB-2042", "500", "USD", 12, "préstamo"))


async def indebted(town: Town) -> str:
    """Ana owes in pesos and in dollars; her link."""
    at = town.clock.now()
    day, out = at.date(), io.StringIO()
    made = await creditors.add_creditor(town.app.creditors, corridor.CREDITOR, creditors.Settings("Casa S.A."), at)
    rows = csv.writer(out)
    rows.writerow(
        ["external_id", "name", "document", "document_type", "phone", "product", "balance", "currency", "due_date",
         "days_past_due", "as_of"]
    )  # fmt: skip
    for account, balance, currency, late, product in DEBTS:
        due = (day - timedelta(days=late)).isoformat()
        rows.writerow(
            [account, ANA.name, ANA.document, "cedula", ANA.phone, product, balance, currency, due, late, day]
        )
    mapping = load_mapping('[accepts]\ncurrencies = ["USD"]\n')
    opened = open_file(out.getvalue().encode(), mapping, "CO", import_day("CO", at))
    report = await import_portfolio(town.app.portfolio, made, opened, "cartera.csv", at)
    assert report.added == 2, report.set_aside_file
    await segment_accounts(StoredSegments(town.pool), made, corridor.SEGMENTS, at)
    return await town.invite()


async def paid_for(town: Town) -> tuple[Any, ...]:
    """The last way to pay that was given: how much, and of which debts."""
    row = await town.pool.fetchrow(
        """select p.amount, p.currency, array(select external_id from account where id = any(p.accounts)) as debts
           from payment p order by created_at desc, id desc limit 1"""
    )
    return tuple(row)


async def pressed(chat: Chat, product: str) -> str:
    """What is told of the debt whose card is pressed."""
    shown = await chat.press("see_accounts")
    card = next(card for card in first(shown, "cards") if product in card["title"])
    return words(await chat.press(card["id"]))


async def test_no_sum_holds_two_currencies(town: Town) -> None:
    token = await indebted(town)
    async with town.chat(token) as chat:
        told = words(await chat.say(ANA.tail))
        assert "$900.000 y US$500,00" in told
        await chat.say("quiero pagar todo")
        assert await paid_for(town) == (90_000_000, "COP", ["OB-1042"])
        await chat.say("prefiero pagar en cuotas")
        shown = words(await chat.say("en 2 cuotas"))
        assert "$450.000" in shown
        await chat.say("sí, acepto")
        row = await town.pool.fetchrow("select total, currency, cardinality(accounts) from agreement")
        assert tuple(row) == (90_000_000, "COP", 1)
    assert "900.500" not in words(list(chat.messages.values()))


async def test_a_debt_in_another_currency_is_paid_by_itself(town: Town) -> None:
    token = await indebted(town)
    async with town.chat(token) as chat:
        await chat.say(ANA.tail)
        assert "US$500,00" in await pressed(chat, "préstamo")
        await chat.say("quiero pagar esa")
        assert await paid_for(town) == (50_000, "USD", ["OB-2042"])
        assert "US$500,00" in words(await chat.say("¿dónde pago?")) + words(await chat.say("la pago toda"))


async def test_an_agent_offers_in_one_currency(town: Town) -> None:
    token = await indebted(town)
    async with town.identified(token) as chat, town.desk() as desk:
        await chat.say("quiero hablar con una persona")
        conversation = await town.conversation(token)
        await desk.act(conversation, "take")
        assert "desde $810.000" in desk.seen
        assert "US$500,00" in desk.seen


async def test_who_paid_in_one_currency_is_told_of_the_other(town: Town) -> None:
    from acuerdo.core import facts as f
    from acuerdo.core.words import Money
    from acuerdo.service import talking

    token = await indebted(town)
    async with town.identified(token):
        await town.pool.execute("update account set paid_since = balance where currency = 'COP'")
        amount = Money(90_000_000, "COP")
        event = f.PaymentArrived("p1", amount, Money(0, "COP"), "", True)
        answer = await talking.tell(
            town.app.house, await town.conversation(token), event, "system", town.clock.now(), key="paid"
        )
        told = " ".join(one.content.text for one in answer.shown)
        assert "US$500,00" in told
        assert "al día" not in told
