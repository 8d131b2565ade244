"""The database goes away in the middle of a conversation: the page is told to wait, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import corridor
import httpx
import psutil
import pytest
from corridor import ANA, words
from websockets.exceptions import ConnectionClosed

from acuerdo.adapters.store import cluster
from acuerdo.web.chat import AWAY


@pytest.fixture
async def fragile(own_server, tmp_path) -> AsyncIterator[corridor.Town]:
    """The house on a server that may be stopped."""
    async with corridor.fragile(own_server, tmp_path) as opened:
        yield opened


def stopped(server) -> None:
    server.stop()


def killed(server) -> None:
    alive = cluster.running(server.cluster.data)
    assert alive is not None
    serving = psutil.Process(alive.pid).children()
    os.kill(alive.pid, signal.SIGKILL)
    psutil.wait_procs(serving, 10)  # they see that it is gone, and go


async def until_back(town, token: str, since: int, frame: dict) -> dict:
    """What a page does: connects again and sends its deed again, until it is taken; the messages after `since`."""
    async with asyncio.timeout(30):
        while True:
            try:
                async with town.chat(token, since, greet=False) as chat:
                    await chat.send(t="hello", since=since)
                    await chat.send(**frame)
                    got = await chat.until(lambda f: f["t"] == "busy" or (f["t"], f.get("id")) == ("ack", frame["id"]))
                    if got["t"] == "ack":
                        await chat.settled(set())
                        return dict(chat.messages)
            except (ConnectionClosed, *AWAY):
                pass
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("gone", [stopped, killed])
async def test_what_is_said_while_the_database_is_away_is_kept_once_when_it_is_back(fragile, own_server, gone) -> None:
    debtor = ANA._replace(account=f"OB-{gone.__name__}", document="52345678" if gone is stopped else "79123456")
    token = await fragile.invited(debtor)
    async with fragile.identified(token, debtor) as chat:
        deed = {"t": "say", "id": "cut", "text": "¿me lo dejan en 3 pagos?"}
        await asyncio.to_thread(gone, own_server)
        await chat.send(**deed)
        assert (await chat.until(lambda frame: True))["t"] == "busy"
        page = await fragile.web.get(f"/c/{token}", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert "Estamos reconectando" in page.text
        assert "no se perdió nada" in page.text
        assert (await fragile.web.get("/health")).status_code == 503
        assert not [w for w in ("900", "Ana", "cuota", "postgres", "asyncpg") if w in page.text]
        async with fragile.chat(token, greet=False) as other:
            await other.send(t="hello", since=0)
            assert (await other.take())["t"] == "busy"
        back = asyncio.create_task(until_back(fragile, token, chat.since, deed))
        await asyncio.to_thread(own_server.revive)
        after = await back
        # The same line, which never closed, goes on as if nothing had happened.
        assert await chat.say("sí, de acuerdo", key="yes")
        chat.whole()
        assert chat.texts.count("¿me lo dejan en 3 pagos?") == 1
        assert all(chat.messages[n]["text"] == m["text"] for n, m in after.items())
    kinds = await fragile.kinds(token)
    assert (kinds.count("agreement_proposed"), kinds.count("agreement_accepted")) == (1, 1)
    async with fragile.chat(token) as fresh:
        fresh.whole()
        assert fresh.log == chat.log


async def test_killed_in_the_middle_of_many_turns_each_is_kept_once(fragile, own_server) -> None:
    debtor = ANA._replace(account="OB-many", document="1020304050")
    token = await fragile.invited(debtor)
    async with fragile.identified(token, debtor):
        pass
    deeds = [{"t": "say", "id": f"d{n}", "text": f"¿cuánto debo? {n}"} for n in range(12)]
    writers = [asyncio.create_task(until_back(fragile, token, 0, deed)) for deed in deeds]
    await asyncio.sleep(0.05)
    await asyncio.to_thread(killed, own_server)
    await asyncio.sleep(0.2)
    await asyncio.to_thread(own_server.revive)
    await asyncio.gather(*writers)
    async with fragile.chat(token) as chat:
        chat.whole()
        assert sorted(t for t in chat.texts if t.startswith("¿cuánto debo?")) == sorted(d["text"] for d in deeds)
        assert words([m for m in chat.messages.values() if m["who"] == "bot"]).count("$900.000") >= len(deeds)


async def test_news_from_elsewhere_comes_again_after_the_outage(fragile, own_server) -> None:
    debtor = ANA._replace(account="OB-news", document="1020304051")
    token = await fragile.invited(debtor)
    async with fragile.identified(token, debtor) as chat, fragile.desk() as desk:
        await chat.say("quiero hablar con una persona")
        await asyncio.to_thread(killed, own_server)
        assert (await desk.open("/desk")).status_code == 503
        await asyncio.to_thread(own_server.revive)
        conversation = await fragile.conversation(token)
        await desk.act(conversation, "take")
        await desk.act(conversation, "say", text="Hola, soy Lucía.")
        await chat.until(lambda frame: "soy Lucía" in frame.get("text", ""), seconds=10)


async def test_the_health_of_the_house_is_told(fragile) -> None:
    async with httpx.AsyncClient(base_url=fragile.address) as web:
        assert (await web.get("/health")).json() == {"status": "ok"}
