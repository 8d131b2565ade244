"""What a mail tells, as people's programs and other servers write it."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from acuerdo.adapters.channels.email import hearing
from acuerdo.service.channels import Event, Inbound, Odd, Receipt, Unreadable

OURS = "0123456789abcdef01234567@acuerdo.example"


def mail(text: str = "hola", **headers: str) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    told = {"From": "Ana Ruiz <Ana.Ruiz@Example.com>", "To": "avisos@acuerdo.example", "Message-ID": "<m1@example.com>"}
    for name, value in {**told, **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
        made[name] = value
    made.set_content(text)
    return made


def heard(made: EmailMessage) -> Event:
    (event,) = hearing.parse(made.as_bytes())
    return event


def words(text: str, **headers: str) -> str:
    event = heard(mail(text, **headers))
    assert isinstance(event, Inbound), event
    return event.text


def test_who_wrote_what_and_to_which_mail_of_ours() -> None:
    event = heard(mail("¿Cuánto debo?", In_Reply_To=f"<{OURS}>", References=f"<thread.c@acuerdo.example> <{OURS}>"))
    assert event == Inbound("m1@example.com", "ana.ruiz@example.com", "¿Cuánto debo?", answers=OURS, name="Ana Ruiz")


@pytest.mark.parametrize(
    "answered",
    [
        "Puedo pagar el viernes\n\nEl lun, 23 nov 2026 a las 10:00, Crédito Sol (<avisos@acuerdo.example>)\n"
        "escribió:\n\n> Su saldo\n> es este",
        "Puedo pagar el viernes\n\nEl 23/11/2026 a las 10:00, Crédito Sol escribió:\n> hola",
        "Puedo pagar el viernes\r\n\r\nOn Mon, Nov 23, 2026 at 10:00 AM Sol <a@b.example> wrote:\r\n> hi",
        "Puedo pagar el viernes\n\n-----Mensaje original-----\nDe: Sol\nPara: Ana\n\nSu saldo",
        "Puedo pagar el viernes\n\n________________________________\nDe: Crédito Sol <a@b.example>\nEnviado: lunes",
        "Puedo pagar el viernes\n\nDe: Crédito Sol <a@b.example>\nEnviado: lunes\nAsunto: x",
        "Puedo pagar el viernes\n-- \nAna Ruiz\nTel. 300",
        "Puedo pagar el viernes\n\nEnviado desde mi iPhone",
        "Puedo pagar el viernes\n\nEm seg., 23 de nov. de 2026 às 10:00, Sol <a@b.example> escreveu:\n> olá",
    ],
)
def test_only_what_the_person_wrote_is_read(answered: str) -> None:
    assert words(answered) == "Puedo pagar el viernes"


@pytest.mark.parametrize(
    "whole", ["El viernes puedo\nEl resto el otro mes", "De mi parte: 200 mil", "on va el pago", "- uno\n- dos"]
)
def test_words_that_only_look_like_a_quote_are_kept(whole: str) -> None:
    assert words(whole) == whole


def test_a_page_is_read_as_words_without_what_it_quotes() -> None:
    made = mail("x")
    made.set_content(
        "<html><head><style>p{color:red}</style></head><body><p>Sí, de&nbsp;acuerdo</p><p>gracias</p>"
        '<div class="gmail_quote">El lunes escribió<blockquote>Su saldo</blockquote></div></body></html>',
        subtype="html",
    )
    event = heard(made)
    assert isinstance(event, Inbound)
    assert event.text == "Sí, de acuerdo\n\ngracias" or event.text.split() == ["Sí,", "de", "acuerdo", "gracias"]


def test_a_page_without_its_comments_and_styles_keeps_the_marks_that_are_words() -> None:
    page = (
        '<html><head><title>x</title><style>p<b{}</style></head><body><p title="a>b">Pago&nbsp;<b>5</b><br>y 4 < 6 '
        "&amp; 7 > 3<!-- no <p> --> sí</p></body></html>"
    )
    made = mail("")
    made.set_content(page, subtype="html")
    event = heard(made)
    assert isinstance(event, Inbound)
    assert event.text == "Pago 5\ny 4 < 6 & 7 > 3 sí"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["<!--", "<a ", "<![CDATA[", '<a "', "<", "<p " + "class = " * 9 + ">", "<!-- -->"])
def test_a_page_that_is_written_to_be_slow_is_read_at_once(unit: str) -> None:
    page = unit * (300_000 // len(unit))
    heard_ = hearing.parse(b"From: a@b.example\r\nMessage-ID: <1@b>\r\nContent-Type: text/html\r\n\r\n" + page.encode())
    assert isinstance(heard_[0], Inbound)


@pytest.mark.timeout(20)
def test_a_mail_of_very_many_parts_is_refused_unread() -> None:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    with pytest.raises(Unreadable, match="ValueError"):
        hearing.parse(head + b"--b\r\n\r\nx\r\n" * 1_000_000)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("header", ["References", "Message-ID", "In-Reply-To", "From", "Subject", "Content-Type"])
@pytest.mark.parametrize("unit", ["a", "<a", "<a@b> ", "=?utf-8?q?a?= ", "(", 'a"; b="'])
def test_a_header_that_is_written_to_be_slow_is_read_at_once(header: str, unit: str) -> None:
    value = unit * (150_000 // len(unit))
    try:
        hearing.parse(f"{header}: {value}\r\nTo: x@b.example\r\n\r\nhola".encode())
    except Unreadable:
        return


def test_a_mail_without_words_says_its_subject() -> None:
    assert words("", Subject="BAJA") == "BAJA"


def test_files_come_with_their_kind_and_name() -> None:
    made = mail("aquí está el pago")
    made.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="recibo.pdf")
    event = heard(made)
    assert isinstance(event, Inbound)
    [file] = event.media
    assert (file.mime, file.name, file.data) == ("application/pdf", "recibo.pdf", b"%PDF-1.7 x")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"},
        {"List_Id": "<noticias.example>"}, {"Auto_Submitted": "auto-generated"},
    ],
)  # fmt: skip
def test_no_machine_is_answered(headers: dict[str, str]) -> None:
    assert isinstance(heard(mail("Estoy de vacaciones", **headers)), Odd)


def report(action: str, status: str, *, headers: str = f"Message-ID: <{OURS}>", why: str = "") -> list[Event]:
    lines = (
        "From: MAILER-DAEMON@mail.example", "To: avisos@acuerdo.example", "Message-ID: <r1@mail.example>",
        "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: text/plain", "", "No se pudo entregar", "--b", "Content-Type: message/delivery-status",
        "", "Reporting-MTA: dns; mail.example", "", "Final-Recipient: rfc822; ana@example.com", f"Action: {action}",
        f"Status: {status}", f"Diagnostic-Code: smtp; {why or '550'}", "", "--b", "Content-Type: text/rfc822-headers",
        "", headers, "", "--b--", "",
    )  # fmt: skip
    return hearing.parse("\r\n".join(lines).encode())


@pytest.mark.parametrize(
    ("action", "status", "told"),
    [
        ("failed", "5.1.1", Receipt(OURS, "bounced", error="5.1.1")),
        ("failed", "5.2.2", Receipt(OURS, "failed", error="5.2.2")),
        ("failed", "5.7.1", Receipt(OURS, "failed", error="5.7.1")),
        ("delivered", "2.1.5", Receipt(OURS, "delivered")),
        ("relayed", "2.1.5", Receipt(OURS, "delivered")),
    ],
)
def test_reports_tell_what_became_of_our_mail(action: str, status: str, told: Receipt) -> None:
    assert report(action, status) == [told]


def test_a_report_that_decides_nothing_or_names_no_mail_is_kept_aside() -> None:
    assert isinstance(report("delayed", "4.4.1")[0], Odd)
    assert isinstance(report("failed", "5.1.1", headers="Subject: x")[0], Odd)


def test_the_words_of_a_report_are_not_kept_as_they_may_name_somebody() -> None:
    (event,) = report("failed", "5.1.1", why="550 5.1.1 <ana@example.com>: no such user")
    assert isinstance(event, Receipt)
    assert event.error == "5.1.1"


def test_an_old_servers_report_in_words() -> None:
    made = mail(
        f"This message could not be delivered.\n550 5.1.1 User unknown\n\nMessage-ID: <{OURS}>\n",
        From="Mail Delivery System <MAILER-DAEMON@old.example>",
    )
    del made["From"]
    made["From"] = "Mail Delivery System <MAILER-DAEMON@old.example>"
    assert heard(made) == Receipt(OURS, "bounced", error="5.1.1")


def test_a_complaint_to_the_provider_is_a_wish_for_no_more() -> None:
    lines = (
        "From: feedback@mail.example", "To: avisos@acuerdo.example", "Message-ID: <c1@mail.example>",
        "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=feedback-report; boundary="b"', "",
        "--b", "Content-Type: message/feedback-report", "", "Feedback-Type: abuse", "User-Agent: x/1", "Version: 1",
        "Original-Rcpt-To: <Ana@Example.com>", "", "--b", "Content-Type: message/rfc822", "",
        f"Message-ID: <{OURS}>", "To: Ana@Example.com", "Subject: x", "", "hola", "", "--b--", "",
    )  # fmt: skip
    [event] = hearing.parse("\r\n".join(lines).encode())
    assert event == Inbound("c1@mail.example", "ana@example.com", "BAJA", answers=OURS)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x00\xff", b"hola", b"From:\r\n\r\n", b"From: x\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--",
        b"From: a@b.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfehola",
        b"From: =?utf-8?q?=FF?= <a@b.example>\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"From: a@b.example\r\nMessage-ID: <" + b"x" * 5000 + b"\r\nTo: \xff\r\n\r\nhola",
        b"From: " + b"(" * 3000 + b"\r\n\r\nhola", b"Subject: x\r\n" * 2000 + b"\r\n",
    ],
)  # fmt: skip
def test_what_no_program_writes_is_refused_or_read_and_breaks_nothing(raw: bytes) -> None:
    try:
        events = hearing.parse(raw)
    except Unreadable:
        return
    assert len(events) == 1


def test_a_mail_in_a_charset_that_nobody_knows_is_read() -> None:
    raw = b"From: a@b.example\r\nMessage-ID: <m@x>\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhola, ma\xf1ana"
    (event,) = hearing.parse(raw)
    assert isinstance(event, Inbound)
    assert event.text == "hola, mañana"
