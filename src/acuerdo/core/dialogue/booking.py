"""When a person of ours writes: the desk's hours where the law opens them, and a reserved slot."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from acuerdo.core import facts as f
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.view import DeskView
from acuerdo.core.negotiation.written import format_date
from acuerdo.core.words import HandOverReason

SLOT = 30  # minutes that a person of ours has for each slot, and the grid on which slots begin
LEAD = timedelta(minutes=5)  # no slot begins sooner
FURTHEST = 21  # days ahead that are looked through
APPOINTMENT = "slot"  # the timer that rings when a slot begins
# Who is handed over for these waits for a person and is told when one writes.
APPOINTED: frozenset[HandOverReason] = frozenset({"asked", "over_60_days"})


def next_slot(desk: DeskView, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first slot from `at` on that is free, aware in the person's zone; None where none comes soon."""
    first = (at + LEAD).astimezone(zone)
    for ahead in range(FURTHEST):
        day = first.date() + timedelta(days=ahead)
        for window in desk.open.on(day):
            for minute in range(-(-window.start // SLOT) * SLOT, window.end - SLOT + 1, SLOT):
                slot = _moment(day, minute, zone)
                if slot >= first and slot not in desk.full:
                    return slot
    return None


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), zone)


def appoint(turn: Turn, reason: HandOverReason) -> None:
    """Reserves a slot where the desk is closed now; who has one keeps it."""
    desk, held = turn.state.view.desk, turn.state.slot
    if reason not in APPOINTED or desk is None or (held is not None and held > turn.at):
        return
    zone = ZoneInfo(turn.state.view.zone)
    slot = None if desk.open.holds(turn.at.astimezone(zone)) else next_slot(desk, turn.at, zone)
    turn.set(slot=slot)
    if slot is not None:
        turn.note(f.SlotBooked(slot))
        turn.timer(APPOINTMENT, slot)


def answers(turn: Turn) -> str:
    """When a person answers: the slot that is theirs, else the desk's hours."""
    held, hours = turn.state.slot, turn.state.view.creditor.desk_hours or "de lunes a viernes"
    if held is None or held <= turn.at:
        return f"responde aquí mismo, {hours}"
    return f"escribe aquí mismo {moment_words(turn, held)}"


def moment_words(turn: Turn, moment: datetime) -> str:
    """`hoy a las 15:30`, `mañana a las 9:00`, `el lunes 27 de abril de 2026 a las 9:00`, where the person is."""
    local = moment.astimezone(ZoneInfo(turn.state.view.zone))
    days = (local.date() - turn.today).days
    near = {0: "hoy", 1: "mañana"}
    day = near.get(days) or f"el {format_date(local.date(), turn.state.view.country, True)}"
    return f"{day} a la{'' if local.hour == 1 else 's'} {local.hour}:{local.minute:02d}"
