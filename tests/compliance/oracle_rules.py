"""What the oracle knows: the list of sources written out as plain tables (its numbers: CO-5, CL-2, 13.4...).

Rules are law where a norm says so, and policy where the list says "default" or a platform's terms do. Where the list
leaves something open, the operator's option decides, and DEFAULTS is how it is read while they say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
DIRECT = ("voice", "visit")
TEXT = ("text",)
ALWAYS = (*DIRECT, *TEXT)


class Hours(NamedTuple):
    """From one hour to another (the end is outside), by weekday, for some modes, with or without public holidays.

    `channels` are the only ones (none named: all); `only` is the option, and its value, with which the rule holds.
    """

    rule: str
    layer: str
    where: str
    modes: tuple[str, ...]
    days: Mapping[int, tuple[int, int]]
    holidays_closed: bool = True
    channels: tuple[str, ...] = ()
    only: tuple[str, object] | None = None


class Cap(NamedTuple):
    """At most so many in a day or a week: of which modes, about whom (person, channel or account).

    `only` as above; `reached`: only contacts in which the person was spoken with count.
    """

    rule: str
    layer: str
    where: str
    most: int
    per: str
    modes: tuple[str, ...] = ALWAYS
    of: str = "person"
    only: tuple[str, object] | None = None
    reached: bool = False


def weekdays(start: int, end: int, saturday: tuple[int, int] | None = None) -> dict[int, tuple[int, int]]:
    """Monday to Friday, and a Saturday of its own."""
    week = dict.fromkeys((MON, TUE, WED, THU, FRI), (start, end))
    return week | ({SAT: saturday} if saturday else {})


def every_day(start: int, end: int) -> dict[int, tuple[int, int]]:
    """All seven days alike."""
    return dict.fromkeys(range(7), (start, end))


SAO_PAULO = weekdays(8, 20, (8, 14))
HOURS = (
    Hours("CO-5", "law", "CO", ALWAYS, weekdays(7, 19, (8, 15))),
    Hours("CL-3", "law", "CL", ALWAYS, weekdays(8, 20, (8, 20))),
    Hours("MX-1", "law", "MX", DIRECT, every_day(7, 22), holidays_closed=False),
    Hours("MX-OPEN", "policy", "MX", ALWAYS, weekdays(8, 20, (8, 20)), holidays_closed=False),
    Hours("MX-OPEN", "policy", "MX", ALWAYS, weekdays(8, 20, (8, 20)), only=("mx.holidays", "ban")),
    Hours("PE-2", "law", "PE", DIRECT, weekdays(7, 20)),
    Hours("PE-OPEN", "policy", "PE", TEXT, weekdays(7, 20)),
    Hours("AR-OPEN", "policy", "AR", ALWAYS, weekdays(9, 20)),
    Hours("AR-C-OPEN", "policy", "AR-C", ALWAYS, weekdays(9, 20)),
    Hours("ES-OPEN", "policy", "ES", ALWAYS, weekdays(9, 21)),
    Hours("EC-1", "law", "EC", ALWAYS, weekdays(7, 20)),
    Hours("BR-SP", "law", "BR-SP", ("voice",), SAO_PAULO),
    Hours("BR-AL", "law", "BR-AL", ("voice",), SAO_PAULO),
    Hours("BR-AL", "law", "BR-AL", TEXT, SAO_PAULO, channels=("sms",)),
    Hours("BR-RJ", "law", "BR-RJ", ALWAYS, weekdays(9, 19)),
    Hours("BR-ES", "law", "BR-ES", ALWAYS, weekdays(8, 19)),
    Hours("BR-AM", "law", "BR-AM", ALWAYS, weekdays(8, 18)),
    Hours("BR-OPEN", "policy", "BR", DIRECT, SAO_PAULO),
    Hours("BR-OPEN", "policy", "BR", TEXT, SAO_PAULO, only=("br.messages_window", "same")),
    Hours("BR-OPEN", "policy", "BR", TEXT, every_day(8, 21), only=("br.messages_window", "none")),
    Hours("US-1", "law", "US", ALWAYS, every_day(8, 21), holidays_closed=False),
    Hours("UK-2", "law", "GB", ALWAYS, every_day(8, 21), holidays_closed=False),
    Hours("STRICT-1", "policy", "strict", ALWAYS, weekdays(9, 18)),
)
CAPS = (
    Cap("CO-3", "law", "CO", 1, "day", only=("co.count_attempts", True)),
    Cap("CO-3", "law", "CO", 1, "day", only=("co.count_attempts", False), reached=True),
    Cap("CO-OPEN-c", "policy", "CO", 1, "week", of="channel", only=("co.weekly_same_channel_cap", 1)),
    Cap("CL-1", "law", "CL", 1, "week", DIRECT),
    Cap("CL-2", "law", "CL", 2, "week", TEXT),
    Cap("MX-11", "policy", "MX", 1, "day", only=("mx.daily_cap", 1)),
    Cap("PE-6", "policy", "PE", 1, "day", only=("pe.daily_cap", 1)),
    Cap("AR-OPEN", "policy", "AR", 1, "day"),
    Cap("ES-OPEN", "policy", "ES", 1, "day"),
    Cap("ES-OPEN", "policy", "ES", 3, "week"),
    Cap("EC-1", "law", "EC", 1, "day", only=("ec.daily_cap", "total")),
    Cap("EC-1", "law", "EC", 1, "day", of="channel", only=("ec.daily_cap", "per_channel")),
    Cap("US-3", "law", "US", 7, "week", ("voice",), "account", only=("us.call_scope", "account")),
    Cap("US-3-person", "policy", "US", 7, "week", ("voice",), only=("us.call_scope", "person")),
    Cap("US-16", "law", "US/MA", 2, "week", ("voice",), "account"),
    Cap("NYC-1", "law", "US-NYC", 3, "week", of="account", only=("us-nyc.contact_scope", "account")),
    Cap("NYC-1-person", "policy", "US-NYC", 3, "week", only=("us-nyc.contact_scope", "person")),
    Cap("UK-OPEN", "policy", "GB", 3, "week", only=("gb.weekly_cap", 3)),
    Cap("STRICT-2", "policy", "strict", 1, "day"),
    Cap("STRICT-3", "policy", "strict", 1, "week", DIRECT),
    Cap("STRICT-4", "policy", "strict", 2, "week", TEXT),
    Cap("ULTRA-1", "policy", "ultra", 1, "week"),
)
DEFAULTS: dict[str, object] = {
    "week": "rolling", "pre_due_reminders": "count", "assume_contract_consent": True, "co.count_attempts": True,
    "co.exempt_messages_count": True, "cl.failed_calls": "count", "cl.spacing": "hours", "ec.daily_cap": "total",
    "us.call_scope": "account", "us-nyc.contact_scope": "account", "br.messages_window": "same",
    "br.optional_holidays": "ban",
}  # fmt: skip
# Written contacts this far apart (CL-2, and the strictest common profile).
APART = {"CL": ("CL-2", "law", timedelta(days=2)), "strict": ("STRICT-4", "policy", timedelta(hours=48))}
# Once the person was reached, one channel in the week.
ONE_CHANNEL = {"CO": ("CO-3", "law"), "strict": ("STRICT-5", "policy")}
# No call for so long after a conversation about the same debt.
QUIET = {"US": ("US-3", "law", WEEK)}
# Who is no third party: who owes, and (12: a dead debtor's heir) who stands for them, but not where the list is closed
# (MX-4, EC-2, AR-C3 "to anyone else", the strict default). The United States would let a spouse in; we do not.
WHO_OWES = ("debtor", "codebtor", "guarantor")
WHO_STANDS_FOR_THEM = ("representative", "heir")
ONLY_WHO_OWES = ("MX", "EC", "AR-C", "strict")
# MX-4, EC-1: where the law itself forbids a hidden number; elsewhere the house does (VOI-1, 13.2).
VISIBLE_NUMBER = ("MX", "EC")
# 11b: channels of a device; not a call, a letter or a visit.
ELECTRONIC = ("sms", "whatsapp", "email", "messenger", "instagram")
# American rules that bind who collects for others or bought the debt (US-13): for a creditor's own, a policy.
NOT_FOR_FIRST_PARTY = {"US-1", "US-3"}
# Where the rule says "a week" and not "seven days", the operator may count from Monday to Sunday.
CALENDAR_WEEK = {"CO-3", "CO-OPEN-c", "CL-1", "CL-2", "ES-OPEN", "UK-OPEN"}
# CO-9, CO-10: what goes out despite CO-3; the hours hold for it.
DESPITE_CO_3 = ("requested_information", "fraud_alert", "operation_confirmation")
# NYC-1: from when, by the calendar of which place.
IN_FORCE = {"US-NYC": date(2026, 9, 1)}
HOME = {"US-NYC": "America/New_York"}

# 13.4: kept free at a window's end. What a reply is: within these, by ourselves and by a person of ours.
MARGIN = timedelta(minutes=15)
BOT_REPLY, HUMAN_REPLY = timedelta(minutes=15), timedelta(hours=24)
# WA-5, FB-1: how long after the person wrote one may write freely (a person of ours: on Messenger and Instagram).
SESSION, HUMAN_SESSION = timedelta(hours=24), timedelta(days=7)

# Where somebody of that country may be, when nobody knows: the zones that differ.
ZONES = {
    "CO": ("America/Bogota",), "PE": ("America/Lima",), "GB": ("Europe/London",),
    "CL": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "EC": ("America/Guayaquil", "Pacific/Galapagos"), "ES": ("Europe/Madrid", "Atlantic/Canary"),
    "AR": ("America/Argentina/Buenos_Aires",),
    "BR": ("America/Noronha", "America/Sao_Paulo", "America/Manaus", "America/Rio_Branco"),
    "MX": ("America/Tijuana", "America/Hermosillo", "America/Mexico_City", "America/Cancun", "America/Ciudad_Juarez"),
    "US": ("America/Puerto_Rico", "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
           "America/Los_Angeles", "America/Anchorage", "America/Adak", "Pacific/Honolulu"),
}  # fmt: skip
