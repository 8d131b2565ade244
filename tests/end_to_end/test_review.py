"""What the assistant refuses a person can look at: grant it beyond the authority with their name, or confirm it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from corridor import CREDITOR, Desk, words

from acuerdo.core import facts as f
from acuerdo.service.creditors import creditor_named, grant

LIMITS = f"""
creditor = "{CREDITOR}"
currency = "COP"
effective_from = 2026-01-01
signed_by = "María Soler"
signed_on = 2026-01-01

[[authority]]
max_installments = 4
beyond = ["supervisor"]

[[authority.discount]]
dpd = {{ min = 0 }}
balance = {{ min = 0 }}
max_pct = 10
"""
LESS = {"kind": "settlement", "amount": "300.000", "installments": "1", "first_date": "2026-11-27"}
WHY = "perdió el empleo y es lo que tiene"


@pytest.fixture
async def refused(town, token) -> str:
    """The conversation of a person whose proposal the assistant refused; a supervisor may go beyond the authority."""
    creditor = await creditor_named(town.app.creditors, CREDITOR)
    await grant(town.app.creditors, creditor, LIMITS, town.clock.now())
    await town.pool.execute("update conversation set stale = true")
    async with town.identified(token) as chat:
        told = ""
        for text in ("le doy 300 mil y cerramos", "solo tengo 300 mil", "300 mil, no puedo más"):
            told = words(await chat.say(text))
            if "una persona que sí puede revisarlo" in told:
                break
        assert "una persona que sí puede revisarlo" in told, told
    return await town.conversation(token)


@asynccontextmanager
async def supervisor(town) -> AsyncIterator[Desk]:
    """The desk of Luz, who may go beyond the authority."""
    async with town.desk("luz") as desk:
        await town.pool.execute("update agent set role = 'supervisor' where login = 'luz'")
        yield desk


async def test_a_refusal_opens_a_case_that_says_what_was_proposed(town, token, refused) -> None:
    assert "offer_below_floor" in await town.kinds(token)
    assert await town.pool.fetchval("select reason from work_item where conversation_id = $1", refused) == "below_floor"
    async with town.desk() as desk:
        await desk.act(refused, "take")
        assert "300 mil" in desk.seen
        assert "Confirmar que no se acepta" in desk.seen


async def test_only_who_may_go_beyond_grants_it_and_the_persons_yes_makes_it_an_agreement(town, token, refused) -> None:
    async with town.chat(token) as chat, town.desk() as plain, supervisor(town) as desk:
        await plain.act(refused, "take")
        assert "por debajo de lo que su autorización permite" in await plain.act(refused, "offer", **LESS, reason=WHY)
        await plain.act(refused, "return")
        await desk.act(refused, "take")
        assert "por debajo de lo que su autorización permite" in await desk.act(refused, "offer", **LESS)
        assert not {"agent_offered", "agreement_proposed"} & set(await town.kinds(token)), "not without a reason"
        assert "Oferta enviada" in await desk.act(refused, "offer", **LESS, reason=WHY)
        shown = await chat.until(lambda frame: "$300.000" in frame.get("text", "") and frame["who"] != "me")
        assert "La persona que le atiende le propone este acuerdo" in shown["text"]
        await desk.act(refused, "return")
        assert "quedó firmado" in words(await chat.say("sí"))
    facts = [r.fact for r in await town.facts(token)]
    [granted] = [one for one in facts if isinstance(one, f.AgentOffered)]
    assert (granted.agent, granted.outside, granted.reason) == ("luz", "below_floor", WHY)
    [signed] = [one for one in facts if isinstance(one, f.AgreementAccepted)]
    assert (signed.total.minor, signed.origin, signed.method) == (30_000_000, "agent", "link_and_document_tail")
    row = await town.pool.fetchrow("select status, total, origin from agreement")
    assert tuple(row) == ("active", 30_000_000, "agent")


async def test_what_a_person_granted_may_be_declined_and_nothing_is_signed(town, token, refused) -> None:
    async with town.chat(token) as chat, supervisor(town) as desk:
        await desk.act(refused, "take")
        await desk.act(refused, "offer", **LESS, reason=WHY)
        await desk.act(refused, "return")
        told = words(await chat.say("no, así tampoco"))
        assert "quedó firmado" not in told
        assert told
    assert await town.pool.fetchval("select count(*) from agreement") == 0


async def test_a_person_confirms_the_refusal_with_their_name_and_the_debtor_hears_who_looked(
    town, token, refused
) -> None:
    async with town.chat(token) as chat, supervisor(town) as desk:
        assert "Primero tome la conversación" in await desk.act(refused, "uphold", reason=WHY)
        await desk.act(refused, "take")
        assert "Diga por qué" in await desk.act(refused, "uphold", reason=" x ")
        assert "sabe que usted lo revisó" in await desk.act(refused, "uphold", reason="ya tuvo dos quitas este año")
        told = await chat.until(lambda frame: "revisó con calma" in frame.get("text", ""))
        assert told["who"] == "agent"
        assert told["text"].startswith("Luz revisó con calma lo que usted propuso")
        assert "dos quitas" not in told["text"]
        await desk.act(refused, "return")
        assert "Total a pagar" in words(await chat.say("la primera")), "what was offered is still open"
    [upheld] = [r.fact for r in await town.facts(token) if isinstance(r.fact, f.RefusalUpheld)]
    assert (upheld.agent, upheld.reason) == ("luz", "ya tuvo dos quitas este año")
