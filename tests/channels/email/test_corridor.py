"""A conversation goes on by e-mail, in one thread, with who answers what we wrote and with nobody else."""

from __future__ import annotations

import re
import sys
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "documents"))
sys.path.append(str(Path(__file__).parents[2] / "end_to_end"))

import corridor
from postman import Postman, postman, town, work

from acuerdo.service import receiving

__all__ = ["postman", "town"]

ANA = "ana.ruiz@example.com"


class Mailbox:
    """Ana's mail program."""

    def __init__(self, town: corridor.Town, postman: Postman) -> None:
        self.town, self.postman, self.n = town, postman, 0

    async def get_one_of_ours(self) -> str:
        """Asks in the chat for the statement, which comes by mail; its id."""
        self.token = await self.town.invited()
        async with self.town.identified(self.token) as chat:
            await chat.say("mándeme el estado de cuenta por correo")
        await work(self.town)
        return str(self.postman.mails[-1]["Message-ID"]).strip("<>")

    async def write(self, text: str, *, to: str = "", frm: str = ANA) -> list[EmailMessage]:
        """Writes, and what comes back."""
        self.n += 1
        mail, before = EmailMessage(policy=SMTP), len(self.postman.mails)
        mail["From"], mail["To"], mail["Message-ID"] = frm, "avisos@house.example", f"<a{self.n}@example.com>"
        if to:
            mail["In-Reply-To"] = f"<{to}>"
        mail.set_content(text)
        app = self.town.app
        await receiving.take(app.mail, "email", mail.as_bytes(), app.clock.now())
        await work(self.town)
        return self.postman.mails[before:]


@pytest.fixture
def ana(town: corridor.Town, postman: Postman) -> Mailbox:
    return Mailbox(town, postman)


def said(mails: list[EmailMessage]) -> str:
    bodies = [mail.get_body(("plain",)) for mail in mails]
    return "\n".join(str(body.get_content()) for body in bodies if body is not None)


def id_of(mail: EmailMessage) -> str:
    return str(mail["Message-ID"]).strip("<>")


async def test_it_begins_on_the_web_and_goes_on_by_mail(ana: Mailbox) -> None:
    ours = await ana.get_one_of_ours()
    first = await ana.write("¿Cuánto debo?", to=ours)
    assert first, "a mail that answers one of ours is answered"
    assert "900.000" not in said(first), "at this address nobody has said who they are"
    known = await ana.write("5678", to=id_of(first[-1]))
    assert "900.000" in said(known)
    refs = {str(mail["References"]) for mail in (*first, *known)}
    assert len(refs) == 1
    assert re.fullmatch(r"<[0-9a-f]{24}\.c@house\.example>", refs.pop())
    assert await ana.town.app.pool.fetchval("select count(*) from conversation") == 1


async def test_a_subject_says_nothing_of_a_debt_as_a_locked_screen_shows_it(ana: Mailbox) -> None:
    ours = await ana.get_one_of_ours()
    first = await ana.write("hola", to=ours)
    known = await ana.write("5678", to=id_of(first[-1]))
    asked = await ana.write("¿cuánto debo?", to=id_of(known[-1]))
    assert "900.000" in said(asked)
    for mail in (*first, *known, *asked):
        assert str(mail["Subject"]) == f"Mensaje privado de {corridor.CREDITOR}"


async def test_whoever_only_claims_the_address_moves_nothing(ana: Mailbox) -> None:
    ours = await ana.get_one_of_ours()
    first = await ana.write("hola", to=ours)
    await ana.write("5678", to=id_of(first[-1]))
    seen = await ana.town.app.pool.fetchval("select max(seq) from conversation")
    forged = await ana.write("sí, acepto el acuerdo y quiero pagar en cuotas")
    assert "/c/" in said(forged)
    assert "900.000" not in said(forged)
    guessed = await ana.write("sí, acepto", to="000000000000@house.example")
    assert "900.000" not in said(guessed)
    assert await ana.town.app.pool.fetchval("select max(seq) from conversation") == seen


async def test_somebody_unknown_is_not_answered(ana: Mailbox) -> None:
    await ana.get_one_of_ours()
    assert await ana.write("hola", frm="nadie@example.com") == []


async def test_baja_ends_it_at_once_and_is_confirmed_once(ana: Mailbox) -> None:
    ours = await ana.get_one_of_ours()
    confirmed = await ana.write("BAJA", to=ours)
    assert len(confirmed) == 1
    assert await ana.write("baja", to=ours) == []
    assert await ana.town.app.pool.fetchval("select count(*) from opt_out where channel = 'email'") == 1


async def test_a_mail_that_comes_back_makes_the_address_a_bad_one(ana: Mailbox) -> None:
    ours = await ana.get_one_of_ours()
    app = ana.town.app
    lines = (
        "From: MAILER-DAEMON@mail.example", "To: avisos@house.example", "Message-ID: <r1@mail.example>",
        "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mail.example", "",
        f"Final-Recipient: rfc822; {ANA}", "Action: failed", "Status: 5.1.1", "",
        "--b", "Content-Type: text/rfc822-headers", "", f"Message-ID: <{ours}>", "", "--b--", "",
    )  # fmt: skip
    await receiving.take(app.mail, "email", "\r\n".join(lines).encode(), app.clock.now())
    await work(ana.town)
    assert "message_failed" in await ana.town.kinds(ana.token)
    assert await app.pool.fetchval("select bounced from reachability where channel = 'email'") == 1
