"""A receipt sent in the chat: kept sealed, told to the conversation, seen by who attends, answered by a day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import corridor
import httpx
from hostile import ODD, SECRET, bomb, pdf, picture

from acuerdo.adapters.documents.washing import WORDS
from acuerdo.core import facts as f
from acuerdo.service.documents import MOST_BYTES, TOO_LARGE, TOO_MANY


async def send(
    town: corridor.Town, token: str, data: bytes, name: str = "recibo.jpg", key: str = "k1", **headers: str
) -> httpx.Response:
    """The page opened, and a file sent from it."""
    await town.web.get(f"/c/{token}")
    return await town.web.post(
        f"/c/{token}/documents", params={"name": name}, content=data, headers={"x-deed-id": key, **headers}
    )


async def heard(chat: corridor.Chat) -> list[dict[str, Any]]:
    return list(await chat.hello())


async def test_a_receipt_opens_a_case_that_is_answered_by_a_day(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        asked = await chat.say("ya pagué ayer")
        assert corridor.first(asked, "input") == {"kind": "file", "label": "Foto o PDF del comprobante"}
        answer = await send(town, token, picture(), "mi recibo.jpg")
        assert answer.status_code == 201, answer.text
        told = await heard(chat)
    mine = next(m for m in told if m["who"] == "me")
    assert mine["text"] == "Archivo: mi recibo.jpg"
    assert mine["files"] == [{"id": answer.json()["id"], "name": "mi recibo.jpg", "mime": "image/jpeg"}]
    claimed = [r.fact for r in await town.facts(token) if isinstance(r.fact, f.PaymentClaimed)]
    [claim] = claimed
    assert claim.answer_by is not None
    assert claim.answer_by > date(2026, 11, 24)
    row = await town.pool.fetchrow("select reason, answer_by from work_item")
    assert tuple(row) == ("payment_claim", claim.answer_by)
    assert "a más tardar el" in corridor.words(told)


async def test_it_is_kept_under_the_persons_key(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token):
        document = (await send(town, token, picture())).json()["id"]
    row = await town.pool.fetchrow("select * from document")
    assert b"\xff\xd8\xff" not in row["body"][:40]
    assert b"recibo" not in row["name"]
    kept = await town.app.documents.file(document)
    assert kept is not None
    assert kept.file.data.startswith(b"\xff\xd8\xff")
    assert SECRET.encode() not in kept.file.data
    await town.pool.execute("update person set wrapped_key = null")
    town.app.keyring.forget(await town.person())
    assert await town.app.documents.file(document) is None
    assert await town.app.documents.sent(await town.conversation(token)) == []


async def test_who_attends_sees_it(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        await chat.say("ya pagué ayer")
        shown = (await send(town, token, picture(), key="a")).json()["id"]
        saved = (await send(town, token, pdf(), "extracto.pdf", key="b")).json()["id"]
    conversation = await town.conversation(token)
    async with town.desk() as desk:
        await desk.open(f"/desk/c/{conversation}")
        assert "Archivos que envió" in desk.seen
        assert "Responder a más tardar el" in desk.seen
        assert f'<img src="/desk/c/{conversation}/documents/{shown}"' in desk.page
        picture_ = await desk.open(f"/desk/c/{conversation}/documents/{shown}")
        assert picture_.headers["content-type"] == "image/jpeg"
        assert picture_.headers["content-disposition"].startswith("inline")
        file = await desk.open(f"/desk/c/{conversation}/documents/{saved}")
        assert file.headers["content-disposition"].startswith("attachment")
        assert file.content.startswith(b"%PDF-")
        assert (await desk.open(f"/desk/c/another/documents/{saved}")).status_code == 404
    async with httpx.AsyncClient(base_url=town.address) as nobody:
        assert (await nobody.get(f"/desk/c/{conversation}/documents/{shown}")).status_code == 303


async def test_the_same_upload_twice_is_one(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        one, other = await send(town, token, picture()), await send(town, token, picture())
        assert one.json() == other.json()
        told = await heard(chat)
    assert [m["text"] for m in told if m["who"] == "me"] == ["Archivo: recibo.jpg"]
    assert await town.pool.fetchval("select count(*) from document") == 1


async def test_before_identity_nothing_is_taken(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.chat(token):
        answer = await send(town, token, picture())
    assert answer.status_code == 403
    assert "confirme en el chat que es usted" in answer.json()["error"]
    assert await town.pool.fetchval("select count(*) from document") == 0


async def test_what_is_not_a_receipt_is_refused_in_words(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token):
        for n, (name, data) in enumerate({**ODD, "bomba.png": bomb()}.items()):
            answer = await send(town, token, data, name, key=f"odd{n}")
            assert answer.status_code == 422, name
            assert len(answer.json()["error"]) > 40
        large = await send(town, token, b"\xff\xd8\xff" + b"0" * MOST_BYTES, key="large")
        assert (large.status_code, large.json()["error"]) == (413, TOO_LARGE)
    assert await town.pool.fetchval("select count(*) from document") == 0
    assert "file_received" not in await town.kinds(token)


async def test_a_body_that_tells_no_length_is_cut_at_the_limit(town: corridor.Town) -> None:
    token = await town.invited()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 100_000 + 20):
            yield b"\0" * 100_000

    async with town.identified(token):
        await town.web.get(f"/c/{token}")
        answer = await town.web.post(
            f"/c/{token}/documents", content=endless(), headers={"x-deed-id": "k"}, params={"name": "x.jpg"}
        )
    assert (answer.status_code, answer.json()["error"]) == (413, TOO_LARGE)


async def test_a_page_of_somebody_elses_sends_nothing(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token):
        assert (await send(town, token, picture(), origin="https://evil.example")).status_code == 404
        assert (await town.web.post(f"/c/{token}/documents", content=picture())).status_code == 404, "no deed"
    async with httpx.AsyncClient(base_url=town.address) as other:
        answer = await other.post(f"/c/{token}/documents", content=picture(), headers={"x-deed-id": "k"})
        assert answer.status_code == 404, "a browser that never opened the page"


async def test_after_many_files_a_person_looks_first(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token):
        await send(town, token, picture())
        conversation = await town.conversation(token)
        await town.pool.execute(
            """insert into document (id, person_id, creditor_id, conversation_id, kind, mime, name, made_at)
               select 'n' || n, person_id, creditor_id, conversation_id, 'receipt', mime, name, made_at
               from document, generate_series(1, 11) n where conversation_id = $1""",
            conversation,
        )
        answer = await send(town, token, picture(), key="one more")
    assert (answer.status_code, answer.json()["error"]) == (422, TOO_MANY)


async def test_many_tries_in_a_row_have_to_wait(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token):
        for n in range(20):
            assert (await send(town, token, b"", key=f"t{n}")).json()["error"] == WORDS["empty"]
        assert "Espere unos minutos" in (await send(town, token, picture(), key="hasty")).json()["error"]
        await town.later(minutes=11)
        assert (await send(town, token, picture(), key="calm")).status_code == 201
