"""The statement, by e-mail and in the chat: to the address on file, or to one that a code proved."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import corridor
import pikepdf
import pytest
from postman import Postman, work

from acuerdo.core import facts as f
from acuerdo.service import documents


def code_in(postman: Postman) -> str:
    found = re.search(r"\b(\d{6})\b", postman.words())
    assert found, postman.words()
    return found[1]


def file_of(messages: list[dict[str, Any]]) -> Any:
    return corridor.first(messages, "files")[0]


async def page(town: corridor.Town, token: str) -> None:
    """The person's browser opened the page: from here it may download."""
    assert (await town.web.get(f"/c/{token}")).status_code == 200


async def download(town: corridor.Town, token: str, document: str) -> bytes:
    answer = await town.web.get(f"/c/{token}/documents/{document}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].startswith("no-store")
    assert answer.headers["content-disposition"].startswith("attachment")
    return bytes(answer.content)


async def test_the_statement_goes_to_the_address_on_file_and_is_the_same_in_the_chat(
    town: corridor.Town, postman: Postman
) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        told = await chat.say("mándeme el estado de cuenta")
        assert "va a a***@example.com" in corridor.words(told)
        await page(town, token)
        here = await download(town, token, file_of(told)["id"])
    await work(town)
    assert postman.to == ["ana.ruiz@example.com"]
    [(name, mime, mailed)] = postman.files()
    assert (name, mime, mailed) == ("estado-de-cuenta-2026-11-24.pdf", "application/pdf", here)
    assert postman.mails[0]["Subject"].startswith("El documento que pidió")
    assert "900" not in postman.words()
    assert "debe" not in postman.words()
    html = postman.mails[0].get_body(("html",))
    assert html is not None
    assert '<html lang="es">' in html.get_content()
    assert "document_mailed" in await town.kinds(token)


async def test_the_statement_is_an_accessible_pdf(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        told = await chat.say("mándeme el estado de cuenta")
        await page(town, token)
        body = await download(town, token, file_of(told)["id"])
    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert pdf.Root.Lang == "es-CO"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as told_of:
            assert told_of["pdfuaid:part"] == "1"
            assert told_of["dc:title"] == "Estado de cuenta"
        kinds = {str(one.get("/S")) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/S" in one}
    assert {"/Table", "/TH", "/TD", "/H1", "/H2"} <= kinds


async def test_another_address_is_proved_by_a_code_first(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        assert postman.to == ["otra@correo.example"]
        assert postman.files() == []
        wrong = await chat.say("000000" if code_in(postman) != "000000" else "111111")
        assert "no coincide" in corridor.words(wrong)
        right = await chat.say(f"es el {code_in(postman)}")
        assert "el documento va a otra@correo.example" in corridor.words(right)
        await work(town)
    assert postman.to == ["otra@correo.example"] * 2
    assert len(postman.files()) == 1
    facts = [r.fact for r in await town.facts(token)]
    assert [x.result for x in facts if isinstance(x, f.CodeTried)] == ["wrong", "right"]
    assert [x.value for x in facts if isinstance(x, f.ContactUpdated)] == ["otra@correo.example"]


async def test_the_code_is_kept_nowhere_as_it_is(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
    code = code_in(postman)
    row = await town.pool.fetchrow("select * from email_code")
    assert len(row["digest"]) == 16
    assert code.encode() not in bytes(row["digest"])
    said = [r.fact for r in await town.facts(token) if isinstance(r.fact, f.Said) and r.fact.text_id == "mail:code"]
    assert len(said) == 1
    assert code not in said[0].content.text
    assert "••••••" in said[0].content.text


async def test_a_code_ends_after_its_minutes_and_after_its_tries(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        good = code_in(postman)
        bad = "000000" if good != "000000" else "111111"
        for _ in range(2):
            assert "no coincide" in corridor.words(await chat.say(bad))
        assert "demasiadas veces" in corridor.words(await chat.say(bad))
        assert "demasiadas veces" in corridor.words(await chat.say(good))
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        await town.later(minutes=16)
        assert "venció" in corridor.words(await chat.say(code_in(postman)))
    assert all(not postman.files(n) for n in range(len(postman.mails)))


async def test_a_fourth_code_is_not_sent_and_the_document_stays_in_the_chat(
    town: corridor.Town, postman: Postman
) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        for n in range(4):
            told = await chat.say(f"mándeme el estado de cuenta a otra{n}@correo.example")
            await work(town)
    assert "Ya envié varios códigos" in corridor.words(told)
    assert file_of(told)["id"]
    assert len(postman.mails) == 3


async def test_what_the_server_refuses_is_told_with_the_document_at_hand(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    postman.refuse = "550 nobody here"
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        await chat.hello()
        assert "No pude enviar el código" in chat.texts[-1]


async def test_without_a_mail_server_the_statement_is_given_in_the_chat(mailless: corridor.Town) -> None:
    token = await mailless.invited()
    async with mailless.identified(token) as chat:
        told = await chat.say("mándeme el estado de cuenta a mi correo")
        assert "no puedo enviarlo por correo" in corridor.words(told)
        await page(mailless, token)
        assert (await download(mailless, token, file_of(told)["id"])).startswith(b"%PDF-")
    await work(mailless)
    assert await mailless.pool.fetchval("select count(*) from outbox") == 0


async def test_a_document_is_nobody_elses(town: corridor.Town) -> None:
    await town.take_in(corridor.ANA, corridor.IVAN)
    ana, ivan = await town.invite(corridor.ANA), await town.invite(corridor.IVAN)
    async with town.identified(ana) as chat, town.chat(ivan) as stranger:
        document = file_of(await chat.say("mándeme el estado de cuenta"))["id"]
        assert (await town.web.get(f"/c/{ana}/documents/{document}")).status_code == 404, "no page was opened"
        await page(town, ivan)
        assert (await town.web.get(f"/c/{ana}/documents/{document}")).status_code == 404, "another link's browser"
        assert (await town.web.get(f"/c/{ivan}/documents/{document}")).status_code == 404, "before identity"
        await stranger.say(corridor.IVAN.tail)
        assert (await town.web.get(f"/c/{ivan}/documents/{document}")).status_code == 404, "another person's"
        await page(town, ana)
        assert (await town.web.get(f"/c/{ana}/documents/{'0' * 32}")).status_code == 404
        assert (await town.web.get(f"/c/{ana}/documents/{document}")).status_code == 200


async def test_who_was_forgotten_has_no_documents(town: corridor.Town) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        document = file_of(await chat.say("mándeme el estado de cuenta"))["id"]
        assert await town.app.documents.file(document) is not None
    await town.pool.execute("update person set wrapped_key = null")
    town.app.keyring.forget(await town.person())
    assert await town.app.documents.file(document) is None
    row = await town.pool.fetchrow("select name, paper, body from document where id = $1", document)
    assert b"%PDF" not in row["body"]
    assert b"Ana" not in row["paper"]
    assert b"estado" not in row["name"]


async def test_the_letter_that_nothing_is_owed_is_only_given_where_nothing_is(
    town: corridor.Town, postman: Postman
) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        told = await chat.say("necesito mi paz y salvo")
        assert "se da cuando ya no se" in corridor.words(told)
        assert not any(one.get("files") for one in told)
        assert await town.pool.fetchval("select count(*) from document where kind = 'clearance'") == 0
        await town.pool.execute("update account set status = 'paid', balance = 0")
        await town.pool.execute("update conversation set stale = true")
        told = await chat.say("necesito mi paz y salvo")
        assert file_of(told)["name"] == "paz-y-salvo.pdf"
        await page(town, token)
        body = await download(town, token, file_of(told)["id"])
    with pikepdf.open(io.BytesIO(body)) as pdf, pdf.open_metadata() as told_of:
        assert told_of["dc:title"] == "Paz y salvo"
    await work(town)
    assert [name for name, *_ in postman.files()] == ["paz-y-salvo-2026-11-24.pdf"]


async def test_what_was_agreed_is_copied_at_once(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        await chat.say("quiero pagar en 3 cuotas")
        told = await chat.say("sí, de acuerdo")
        signed = told if any(one.get("files") for one in told) else await chat.say("sí")
        assert file_of(signed)["name"] == "acuerdo-de-pago.pdf"
        await page(town, token)
        assert (await download(town, token, file_of(signed)["id"])).startswith(b"%PDF-")
    await work(town)
    assert "agreement_accepted" in await town.kinds(token)
    assert [name for name, *_ in postman.files()] == ["acuerdo-de-pago-2026-11-24.pdf"]


@pytest.mark.parametrize("hours", [13])
async def test_at_night_a_code_is_not_sent_and_it_is_said(town: corridor.Town, postman: Postman, hours: int) -> None:
    token = await town.invited()
    town.clock.go_on(timedelta(hours=hours))
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        await chat.hello()
        assert "A esta hora no se pueden enviar correos" in chat.texts[-1]
    assert postman.mails == []


async def test_an_address_gets_six_codes_a_day_whoever_asks(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    await town.pool.execute(
        """insert into email_code (id, person_id, address_hash, sealed, sent_at)
           select 'n' || n, (select person_id from account), $1, '', $2 from generate_series(1, 6) n""",
        town.app.keyring.address_hash("email", "otra@correo.example"), town.clock.now() - timedelta(hours=23),
    )  # fmt: skip
    await town.pool.execute("update email_code set proved_at = null, sealed = $1", b"x")
    await town.pool.execute("alter table email_code drop constraint email_code_person_id_fkey")
    await town.pool.execute("update email_code set person_id = 'somebody else'")
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        await chat.hello()
        assert "No pude enviar el código" in chat.texts[-1]
        assert postman.mails == []
        await town.later(hours=2)
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
    assert len(postman.mails) == 1


async def test_the_same_job_twice_is_one_mail(town: corridor.Town, postman: Postman) -> None:
    token = await town.invited()
    async with town.identified(token) as chat:
        await chat.say("mándeme el estado de cuenta a otra@correo.example")
        await work(town)
        wanted = [r.id for r in await town.facts(token) if isinstance(r.fact, f.CodeWanted)]
        await documents.mail(town.app.exit, town.app.house, town.app.documents, wanted[0], town.clock.now())
        await work(town)
        assert "el documento va a" in corridor.words(await chat.say(code_in(postman)))
    assert len(postman.mails) == 1
