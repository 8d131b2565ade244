"""A person's history tells everything, in order, and what was forgotten reads as a fixed token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from jinja2 import Environment, PackageLoader

from acuerdo.adapters.store import book
from acuerdo.adapters.store.history import StoredHistories
from acuerdo.adapters.store.keys import SHREDDED_TEXT
from acuerdo.adapters.store.portfolio_rows import PARTICULARS as ROW_PARTICULARS
from acuerdo.adapters.store.projections import TASKS
from acuerdo.adapters.store.views import Person
from acuerdo.core import facts as f
from acuerdo.core.facts import KINDS, Fact, Recorded, pack, unpack
from acuerdo.core.messages import Content
from acuerdo.core.words import HandOverReason, HoldKind, Money, Reason
from acuerdo.service import paying
from acuerdo.service.history import HOLDS, PARTICULARS, REASONS, TEXTS, SeveralPeople, UnknownPerson, history, line_of

from .conftest import START

Make = Callable[..., Any]
REASON = Reason("holiday", ("co.holiday",), "law", "hoy es festivo")
SAMPLES: dict[Any, Any] = {
    str: "algo", int: 3, float: 1.5, bool: True, date: date(2026, 12, 1),
    datetime: datetime(2026, 12, 1, 15, tzinfo=UTC), Money: Money(9_000_000, "COP"), Content: Content("Hola\nAna"),
    msgspec.Raw: msgspec.Raw(b"{}"), Reason: REASON,
}  # fmt: skip


def sample(hint: Any) -> Any:
    """A value of a field's type."""
    if hint in SAMPLES:
        return SAMPLES[hint]
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_origin(hint) is tuple:
        inner = [one for one in get_args(hint) if one is not Ellipsis]
        one = tuple(sample(part) for part in inner)
        return one if Ellipsis not in get_args(hint) else (sample(inner[0]),)
    return sample(get_args(hint)[0])  # a union with None


def made(kind: type[Fact]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{name: sample(hints[name]) for name in kind.__struct_fields__})


def test_every_kind_of_fact_has_its_words() -> None:
    assert set(TEXTS) == set(KINDS.values())
    assert set(HOLDS) == set(get_args(HoldKind))
    assert set(REASONS) == set(get_args(HandOverReason))


def test_the_desk_has_words_for_every_reason_of_a_case() -> None:
    words = Environment(loader=PackageLoader("acuerdo", "web/templates"), autoescape=True).get_template("words.html")
    assert set(words.module.REASONS) >= {*get_args(HandOverReason), *(reason for reason, _ in TASKS.values())}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_fact_reads_as_one_line_of_spanish_also_when_it_was_forgotten(kind: type[Fact]) -> None:
    whole = made(kind)
    line = line_of(Recorded("1", START, "bot", whole), "CO", "America/Bogota")
    assert line.text
    assert "\n" not in line.text
    assert "Money(" not in line.text
    assert "{" not in line.text
    shown, personal = pack(whole)
    if personal is None:
        return
    forgotten: Any = unpack(shown, book._tokens(shown.decode()))
    told = line_of(Recorded("1", START, "bot", forgotten), "CO", "America/Bogota").text
    assert told == line_of(Recorded("2", START, "bot", forgotten), "CO", "America/Bogota").text
    assert "Hola" not in told
    assert "algo" not in told or "algo" in shown.decode()


def test_what_a_newer_file_left_as_it_was_is_told_as_that() -> None:
    same, less = Money(70_000_000, "COP"), Money(60_000_000, "COP")
    facts = (f.AccountUpdated(same, 29, same), f.AccountUpdated(less, 29, same, status="legal"))
    told = [line_of(Recorded("1", START, "operator", fact), "CO", "America/Bogota").text for fact in facts]
    assert told == [
        "Un archivo más nuevo actualizó la cuenta: sigue en $700.000, 29 días de mora",
        "Un archivo más nuevo actualizó la cuenta: pasó de $700.000 a $600.000, 29 días de mora, y está judicial",
    ]


def test_each_particular_of_a_person_has_its_name() -> None:
    fields = (*Person.__struct_fields__, *ROW_PARTICULARS, "zones")
    assert set(PARTICULARS) == set(fields)
    changed = f.PersonChanged(("phones", "preferred_hours"))
    assert line_of(Recorded("1", START, "operator", changed), "CO", "America/Bogota").text == (
        "Un archivo más nuevo cambió sus datos: los teléfonos, las horas preferidas"
    )


def test_a_refusal_says_why_and_by_which_rules() -> None:
    fact = f.ContactDelayed("sms", "sending", START + timedelta(days=1), (REASON,), "abc")
    line = line_of(Recorded("1", START, "system", fact), "CO", "America/Bogota")
    assert line.text == "El contacto por sms se aplazó hasta 24/11/2026 10:00 (al enviar)"
    assert (line.why, line.rules, line.rules_version) == (("hoy es festivo",), ("co.holiday",), "abc")
    assert line.at.isoformat() == "2026-11-23T10:00:00-05:00"


async def test_a_person_is_found_by_id_account_or_document_and_told_whole(make_world: Make) -> None:
    world = await make_world([("CARD-1", 100_000, 40)], talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    store = StoredHistories(world.pool, world.keyring)
    whole = await history(store, "ana")
    assert await history(store, "CARD-1", "tienda") == whole
    assert await history(store, " 52.123.456 ") == whole
    assert (whole.person.name, whole.person.accounts) == ("Ana Ruiz", ("CARD-1",))
    texts = [line.text for line in whole.lines]
    assert "Se recibió su pago de $400" in texts
    assert "La persona escribió «3456»" in texts
    assert texts.index("Abrió la página de pago de sandbox por $400") < texts.index("Se recibió su pago de $400")
    assert msgspec.json.decode(msgspec.json.encode(whole))["lines"][0]["who"] == "system"
    for nobody in ("luis", "CARD-2", "52123457", "1"):
        with pytest.raises(UnknownPerson):
            await history(store, nobody)
    with pytest.raises(UnknownPerson, match="of creditor 'Banco'"):
        await history(store, "ana", "Banco")


async def test_the_same_document_with_two_creditors_asks_which(make_world: Make) -> None:
    world = await make_world()
    await world.pool.execute(
        "insert into creditor (id, name, settings, added_at) values ('banco', 'Banco', '{}', $1)", START
    )
    await world.pool.execute(
        """insert into person (id, creditor_id, subject_id, country, zones, sealed, digest)
           select 'ana-banco', 'banco', subject_id, country, zones, sealed, digest from person where id = 'ana'"""
    )
    store = StoredHistories(world.pool, world.keyring)
    with pytest.raises(SeveralPeople, match=r"ana-banco \(Banco\), ana \(Tienda\)"):
        await history(store, "52123456")
    assert (await history(store, "52123456", "banco")).person.id == "ana-banco"


async def test_a_forgotten_person_shows_fixed_tokens(make_world: Make) -> None:
    world = await make_world(talk=True)
    await paying.open_payment(world.paying, await world.link("p1", 40_000), START)
    await world.pool.execute("update person set wrapped_key = null where id = 'ana'")
    told = await history(StoredHistories(world.pool, world.keyring), "ana")
    assert told.person.name == SHREDDED_TEXT
    texts = [line.text for line in told.lines]
    assert f"La persona escribió «{SHREDDED_TEXT}»" in texts
    assert f"El asistente dijo «{SHREDDED_TEXT}»" in texts
    assert not any("Ana" in text or "3456" in text for text in texts)
