"""What somebody who wishes harm may send: nothing runs, nothing breaks, nobody else's is touched."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest
from corridor import ANA, IVAN, closed, first, words
from test_takeover import by_bot
from websockets.exceptions import InvalidStatus

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`${7*7}{{7*7}}"


async def alive(chat) -> None:
    """The line still answers."""
    assert await chat.say("hola")


async def test_what_is_written_in_html_is_shown_as_words(town) -> None:
    evil = ANA._replace(name=f"Ana {EVIL[:60]}")
    await town.take_in(evil, creditor=f"Casa {EVIL[:40]}", agency=EVIL)
    token = await town.invite(evil)
    async with town.identified(token, evil) as chat, town.desk() as desk:
        await chat.say(f"quiero hablar con una persona {EVIL}")
        conversation = await town.conversation(token)
        await desk.act(conversation, "take")
        await desk.act(conversation, "say", text=f"Hola {EVIL}")
        for path in ("/desk", f"/desk/c/{conversation}", "/results"):
            await desk.open(path)
            assert "<script>alert" not in desk.page
            assert "<img src=x" not in desk.page
        await desk.open(f"/desk/c/{conversation}")
        assert EVIL in desk.seen or EVIL in re.sub(r"\s+", " ", desk.seen)
        for path in ("/desk/login", f"/phone?number={EVIL}", f"/c/{token}"):
            assert "<script>alert" not in (await desk.open(path)).text
        answer = await desk.sign_in(EVIL, "x")
        assert "<script>alert" not in answer.text
        assert "49" not in chat.texts[0]  # no template runs inside a name


MALFORMED = [
    "", "{", "[]", "null", "1", '"hello"', '{"t":5}', '{"t":"say"}', '{"t":"say","id":"x","text":5}', "{}" * 3,
    '{"t":"nonsense","id":"x"}', '{"t":"hello","since":-5}', '{"t":"hello","since":99999999999999999999}',
    '{"t":"read","seq":99999999999}', '{"t":"say","id":"u","text":"\\ud800"}', '{"t":"hello","since":"0"}',
    '{"t":"press","id":"x","button":null}', "\x00", "[" * 20_000,
]  # fmt: skip


async def test_a_malformed_frame_changes_nothing(town, token) -> None:
    async with town.identified(token) as chat:
        before = chat.log
        for raw in MALFORMED:
            await chat.socket.send(raw)
            assert await chat.hello() == [], raw
        await alive(chat)
        chat.whole()
        assert chat.log[: len(before)] == before
    assert (await town.kinds(token)).count("heard") == 2


async def test_binary_and_endless_frames_change_nothing(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.socket.send(b"\x00\x01binary")
        await chat.socket.send(json.dumps({"t": "say", "id": "long", "text": "a" * 20_000}))
        await alive(chat)
        assert (await town.kinds(token)).count("heard") == 2
        await chat.socket.send("x" * 100_000)
        assert await closed(chat) == 1009
    async with town.chat(token) as chat:
        await alive(chat)


async def test_text_is_read_only_so_far_and_strange_characters_are_kept(town, token) -> None:
    async with town.identified(token) as chat:
        for text in ("a" * 16_000, "'; drop table fact; --", "%s %d {0} {name}", "\u202e\u0000\ufeff", "🙂" * 500, "ñ́"):
            await chat.say(text)
            assert chat.texts.count(text) == 1
        chat.whole()


async def test_two_hundred_at_once_are_put_off_and_the_house_goes_on(town) -> None:
    await town.take_in(ANA, IVAN)
    tokens = [await town.invite(debtor) for debtor in (ANA, IVAN)]
    async with town.identified(tokens[0]) as flood, town.identified(tokens[1], IVAN) as other:
        for n in range(200):
            await flood.send(t="say", id=f"f{n}", text="¿cuánto debo?")
        async with asyncio.timeout(2):
            assert "$450.000" in words(await other.say("¿cuánto debo?"))
        answers = 0
        while answers < 200:
            answers += (await flood.take())["t"] in ("ack", "busy")
        await flood.do({"t": "say", "id": "f199", "text": "¿cuánto debo?"})
        busy = [frame for frame in flood.frames if frame["t"] == "busy"]
        assert len(busy) > 150
        flood.whole()


FORGED = [
    "sign", "button:sign", "negociacion.sign", "event:payment", "event:payment:card", "event:taken_over", "resume",
    "event:declined", "event:agent_offer", "event:handed_back", "identity:given", "command:crisis", "command:injection",
    "repair:3", "stranger:3", "plan:", "plan:deadbeef", "plan", "rating:9", "rating:", "rating:5", "affirm", "x" * 500,
    "__class__",
]  # fmt: skip


async def test_a_forged_button_identifies_nobody_and_signs_nothing(town, token) -> None:
    async with town.chat(token) as stranger:
        for button in FORGED:
            told = await stranger.press(button)
            assert "900.000" not in words(told)
            assert "Ana" not in words(told)
        stranger.whole()
    kinds = set(await town.kinds(token))
    assert not kinds & {"identified", "agreement_accepted", "payment_link_sent", "offer_made", "promise_made"}


async def test_a_forged_button_of_an_identified_person_breaks_nothing(town, token) -> None:
    async with town.identified(token) as chat:
        for button in FORGED:
            told = await chat.press(button)
            assert "Ahora le atiende" not in words(told)
            assert "Recibimos su pago" not in words(told)
        chat.whole()
    assert not {"agreement_accepted", "payment_arrived", "taken_over"} & set(await town.kinds(token))


async def test_a_plan_of_another_conversation_is_no_plan_here(town) -> None:
    await town.take_in(ANA, IVAN)
    tokens = [await town.invite(debtor) for debtor in (ANA, IVAN)]
    async with town.identified(tokens[0]) as ana, town.identified(tokens[1], IVAN) as ivan:
        cards = first(await ana.press("request_installments"), "cards")
        told = words(await ivan.press(cards[0]["id"], cards[0]["title"]))
        assert "900.000" not in told
        assert "300.000" not in told
        await ivan.say("sí")
    assert not [r for r in await town.pool.fetch("select * from agreement") if r["total"] != 45_000_000]
    assert "agreement_accepted" not in await town.kinds(tokens[0])


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
async def test_a_page_of_somebody_else_cannot_open_the_socket(town, token, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with town.chat(token, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    async with town.chat(token, origin=town.address) as chat:
        assert chat.texts


async def test_a_payments_page_is_found_by_its_own_name_alone(town) -> None:
    await town.take_in(ANA, IVAN)
    token = await town.invite()
    async with town.identified(token) as chat:
        address = first(await chat.press("pay_now"), "link")["url"]
    async with httpx.AsyncClient(base_url=town.address) as stranger:
        for other in (f"{address}x", address[:-1], "/p/1", "/p/'--", f"/p/{await town.conversation(token)}"):
            answer = await stranger.get(other)
            assert answer.status_code == 404
            assert "900.000" not in answer.text
        receipt = await stranger.get(f"{address}/volver")
        assert "Ana" not in receipt.text
        assert "Ruiz" not in receipt.text
        forged = await stranger.post("/webhooks/pay/sandbox", json={"type": "payment.paid", "payment": {}})
        assert forged.status_code == 401
    assert await town.pool.fetchval("select status from payment") == "created"


@pytest.mark.parametrize(
    "path",
    ["/static/build/../../desk.py", "/static/build/..%2f..%2fdesk.py", "/static/build/%2e%2e/%2e%2e/pages.py",
     "/static/build//etc/passwd", "/static/build/....//....//pages.py", "/static/../pages.py", "/static/build/",
     "/static/build/..\\..\\pages.py", "/static/build/%00"],
)  # fmt: skip
async def test_nothing_but_the_built_files_is_served(town, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(town.address.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    assert answer.split()[1] in ("404", "400", "405")
    assert "import " not in answer
    assert "root:" not in answer


async def test_a_handed_over_conversation_hears_only_its_own_links_person(town) -> None:
    await town.take_in(ANA, IVAN)
    tokens = [await town.invite(debtor) for debtor in (ANA, IVAN)]
    async with town.identified(tokens[0]) as ana, town.chat(tokens[1]) as ivan:
        await ivan.say(ANA.tail)  # right, but for another link
        assert "identified" not in await town.kinds(tokens[1])
        await ana.say("¿cuánto debo?")
        assert by_bot([m for m in ivan.messages.values() if "900.000" in m["text"]]) == []


async def test_every_answer_carries_the_headers_that_keep_it_private(town, token) -> None:
    for path in ("/", "/health", f"/c/{token}", "/c/nope", "/desk/login", "/static/build/chat.js", "/nope", "/p/x"):
        headers = (await town.web.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "frame-ancestors 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert "server" not in headers, path
