"""When a person of ours writes: the desk's hours as they are said, the holidays, the law, and slots that are free."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from acuerdo.core import facts as f
from acuerdo.core.dialogue.booking import next_slot
from acuerdo.core.dialogue.view import DeskView
from acuerdo.core.words import CAPITAL_ZONE
from acuerdo.service.booking import BadHours, desk_of, hours_of
from acuerdo.testing.transcripts import Chat, scenario_of

WEEKDAYS = "de lunes a viernes, de 8:00 a 18:00"


@pytest.mark.parametrize(
    ("text", "monday", "saturday"),
    [
        (WEEKDAYS, ((480, 1080),), ()),
        ("De lunes a viernes de 9 a 18 h y sábados de 9 a 13 h", ((540, 1080),), ((540, 780),)),
        ("lunes a sábado, 8:30 a 12:30 y 14:00 a 18:00", ((510, 750), (840, 1080)), ((510, 750), (840, 1080))),
        ("todos los días de 7:00 a 22:00", ((420, 1320),), ((420, 1320),)),
        ("lunes, miércoles y viernes de 10:00 a 14:00", ((600, 840),), ()),
    ],
)
def test_the_desks_hours_are_read_as_people_say_them(text: str, monday: object, saturday: object) -> None:
    week = hours_of(text)
    told = [tuple((w.start, w.end) for w in week[day]) for day in (0, 5)]
    assert told == [monday, saturday]


@pytest.mark.parametrize("text", ["", "cuando se pueda", "de 8 a 18", "de lunes a viernes, de 18:00 a 8:00"])
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(BadHours, match="de lunes a viernes"):
        hours_of(text)


def desk(country: str, day: date, hours: str = WEEKDAYS, zones: tuple[str, ...] = (), **full: object) -> DeskView:
    found = desk_of(country, "", zones or (CAPITAL_ZONE[country],), "first_party", hours, day, **full)  # type: ignore[arg-type]
    assert found is not None
    return found


def local(country: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(CAPITAL_ZONE[country]))


def slot(country: str, at: str, **how: object) -> str:
    moment = local(country, at)
    found = next_slot(desk(country, moment.date(), **how), moment.astimezone(UTC), ZoneInfo(CAPITAL_ZONE[country]))  # type: ignore[arg-type]
    assert found is not None
    return f"{found:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("country", "at", "first"),
    [
        ("CO", "2026-11-23T22:00", "2026-11-24 08:00"),  # the night: tomorrow
        ("CO", "2026-11-20T19:00", "2026-11-23 08:00"),  # a Friday evening: Monday
        ("CO", "2026-12-07T20:00", "2026-12-09 08:00"),  # the 8th of December is a holiday
        ("AR", "2026-11-24T05:00", "2026-11-24 09:00"),  # the law opens an hour after the desk
        ("ES", "2026-12-24T19:30", "2026-12-28 09:00"),
        ("CO", "2026-11-24T12:10", "2026-11-24 12:30"),
    ],
)
def test_the_first_slot_is_in_the_desks_hours_and_the_laws_and_on_no_holiday(country: str, at: str, first: str) -> None:
    assert slot(country, at) == first


def test_a_full_slot_is_passed_over() -> None:
    eight = local("CO", "2026-11-24T08:00")
    assert slot("CO", "2026-11-23T22:00", full=(eight.astimezone(UTC),)) == "2026-11-24 08:30"


def test_the_desk_is_where_its_creditor_is_and_the_person_elsewhere() -> None:
    found = desk("MX", date(2026, 11, 23), zones=("America/Tijuana",))
    tijuana = ZoneInfo("America/Tijuana")
    assert found.open.holds(datetime(2026, 11, 24, 8, 30, tzinfo=tijuana))
    assert not found.open.holds(datetime(2026, 11, 24, 7, 30, tzinfo=tijuana))  # the law of the person's own clock
    assert not found.open.holds(datetime(2026, 11, 24, 17, 0, tzinfo=tijuana))  # the desk went home at sixteen


def talk(country: str, at: str, late: int = 90) -> Chat:
    chat = Chat(scenario_of("cita", {"país": country, "mora": str(late), "cuándo": at, "documento": "52345678"}))
    view = msgspec.structs.replace(chat.state.view, desk=desk(country, date.fromisoformat(at[:10])))
    chat.happens(f.Refreshed(msgspec.Raw(msgspec.json.encode(view))))
    return chat


def said(chat: Chat, text: str) -> str:
    return "\n".join(line.content.text for line in chat.says(text))


def test_outside_the_desks_hours_a_moment_is_told_and_reserved_once() -> None:
    chat = talk("CO", "2026-11-23T21:00:00")
    assert "le escribe aquí mismo mañana a las 8:00" in said(chat, "52345678")
    assert "mañana a las 8:00" in said(chat, "quiero un descuento")
    assert "mañana a las 8:00" in said(chat, "quiero hablar con una persona")
    assert [fact for _, fact in chat.facts if isinstance(fact, f.SlotBooked)] == [
        f.SlotBooked(local("CO", "2026-11-24T08:00"))
    ]
    assert [(t.name, t.due) for t in chat.timers if t.name == "slot"] == [("slot", local("CO", "2026-11-24T08:00"))]


def test_in_the_desks_hours_nothing_is_reserved() -> None:
    chat = talk("CO", "2026-11-23T11:00:00")
    assert "responde aquí mismo, de lunes a viernes" in said(chat, "52345678")
    assert not any(isinstance(fact, f.SlotBooked) for _, fact in chat.facts)


def test_a_promise_that_is_over_makes_room_for_another() -> None:
    chat = talk("CO", "2026-11-20T21:00:00")
    assert "el lunes 23 de noviembre de 2026 a las 8:00" in said(chat, "52345678")
    chat.waits(timedelta(days=4))
    assert "mañana a las 8:00" in said(chat, "quiero hablar con una persona")
