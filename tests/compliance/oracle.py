"""The oracle: contact law once more, as plain loops over plain tables, so that the guard has somebody to disagree with.

It is written from the list of sources alone and shares no code and no data with the guard. Nothing here is fast or
clever: each rule is asked in turn, and each contact of the history. `broken` tells what a contact would break at a
moment; one that breaks nothing is allowed. A situation is what `acuerdo law judge` reads. What is said (`text`,
`topics`) and the holidays of towns are not judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from tests.compliance.oracle_rules import (
    ALWAYS,
    APART,
    BOT_REPLY,
    CALENDAR_WEEK,
    CAPS,
    DEFAULTS,
    DESPITE_CO_3,
    DIRECT,
    ELECTRONIC,
    HOME,
    HOURS,
    HUMAN_REPLY,
    HUMAN_SESSION,
    IN_FORCE,
    MARGIN,
    NOT_FOR_FIRST_PARTY,
    ONE_CHANNEL,
    ONLY_WHO_OWES,
    QUIET,
    SESSION,
    VISIBLE_NUMBER,
    WEEK,
    WHO_OWES,
    WHO_STANDS_FOR_THEM,
    ZONES,
    Cap,
    Hours,
    every_day,
)  # fmt: skip

Situation = Mapping[str, Any]
Contact = Mapping[str, Any]
Check = Callable[[Situation, datetime], "list[Broken]"]
YEARS = range(2025, 2029)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Broken(NamedTuple):
    """A rule that a contact would break."""

    rule: str
    layer: str


def allowed(situation: Situation, at: datetime) -> bool:
    """Whether nothing is broken at that moment (in UTC)."""
    return is_reply(situation, at) or not any(check(situation, at) for check in checks(situation))


def broken(situation: Situation, at: datetime) -> list[Broken]:
    """Every rule that the contact would break at that moment (in UTC), law and policy."""
    if is_reply(situation, at):
        return []  # the person began it: nothing but words can stop the answer
    return [one for check in checks(situation) for one in check(situation, at)]


def checks(situation: Situation) -> tuple[Check, ...]:
    """What is asked of a contact; some purposes are free of caps, distances and exclusivity."""
    always = (outside_hours, own_hours, holds, opt_outs, consents, commercial, closed_channel, third_party, numbers)
    counting = (caps, too_close, another_channel, quiet_days)
    return (*always, addresses, *(() if purpose(situation) in exempt_purposes(situation) else counting))


def purpose(situation: Situation) -> str:
    """What it is for; a demand before the due date is a reminder (13.7), and a late reply a demand."""
    said = str(situation["purpose"])
    before = (situation.get("days_past_due") or 0) < 0
    return "pre_due_reminder" if before and said in ("collection", "reply") else said


def parts(situation: Situation) -> list[str]:
    """The jurisdictions that speak: the city's or state's, and the country's."""
    name, state = situation["jurisdiction"], situation.get("subdivision") or ""
    if name[:2] not in ZONES and name not in ("strict", "ultra"):
        return ["strict"]  # nothing is known of that country
    if name == "BR" and state:
        return [f"BR-{state}", "BR"]
    if name == "AR" and state == "C":
        return ["AR-C", "AR"]
    if name == "US" and state:
        return [f"US/{state}", "US"]
    if name == "ultra":
        return ["ultra", "strict"]
    return [name, name[:2]] if "-" in name else [name]


def country(situation: Situation) -> str:
    """The country whose calendar counts; "" when nobody knows."""
    name = situation["jurisdiction"]
    return str(situation.get("country", "") if name in ("strict", "ultra") else name[:2])


def zones(situation: Situation) -> list[ZoneInfo]:
    """Where the person may be: as told, else everywhere in the country."""
    return [zone(name) for name in situation["zones"] or ZONES[country(situation)]]


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of that name."""
    return ZoneInfo(name)


def mode(contact: Contact) -> str:
    """voice, visit or text."""
    channel = str(contact["channel"])
    return str(contact.get("mode") or (channel if channel in DIRECT else "text"))


def option(situation: Situation, name: str) -> object:
    """What the operator chose ("week", or "count_attempts" in the table "co"), else the default."""
    asked: Any = situation.get("options") or {}
    *tables, last = name.split(".")
    for table in tables:
        asked = asked.get(table, {})
    return asked.get(last, DEFAULTS.get(name))


def chosen(rule: Hours | Cap, situation: Situation) -> bool:
    """Whether the rule holds under what was chosen."""
    return rule.only is None or option(situation, rule.only[0]) == rule.only[1]


def layer_of(rule: str, layer: str, situation: Situation) -> str:
    """A rule for others is a policy for a creditor's own debts; and nothing, where the operator says so."""
    if rule not in NOT_FOR_FIRST_PARTY or situation["ownership"] != "first_party":
        return layer
    return "" if option(situation, "us.first_party") == "exempt" else "policy"


def in_force(where: str, at: datetime) -> bool:
    """Whether the jurisdiction's own rules have begun."""
    return where not in IN_FORCE or at.astimezone(zone(HOME[where])).date() >= IN_FORCE[where]


def is_reply(situation: Situation, at: datetime) -> bool:
    """It answers the person on their channel: within 15 minutes by ourselves, within 24 hours by a person of ours."""
    asked = situation.get("reply_to")
    if not asked or asked["channel"] != situation["channel"]:
        return False
    limit = HUMAN_REPLY if situation["origin"] == "agent" else BOT_REPLY
    return bool(timedelta(0) <= at - asked["at"] < limit)


def exempt_purposes(situation: Situation) -> tuple[str, ...]:
    """What no cap, distance or exclusivity stops."""
    reminders = ("pre_due_reminder",) if option(situation, "pre_due_reminders") == "exempt" else ()
    return (*reminders, *DESPITE_CO_3) if "CO" in parts(situation) else reminders


def outside_hours(situation: Situation, at: datetime) -> list[Broken]:
    """The windows, in every zone where the person may be, with their margin."""
    found = []
    where = parts(situation)
    for hours in HOURS:
        if hours.where not in where or mode(situation) not in hours.modes or not chosen(hours, situation):
            continue
        layer = layer_of(hours.rule, hours.layer, situation)
        if not layer or (hours.channels and situation["channel"] not in hours.channels):
            continue
        if hours.rule == "CO-5" and situation.get("hours") and situation.get("hours_agreed"):
            hours = hours._replace(days=every_day(0, 24))  # CO-6: the hours are the person's; holidays stay
        found += closed(hours._replace(layer=layer), situation, at)
    return found


def own_hours(situation: Situation, at: datetime) -> list[Broken]:
    """UK-1, US-1: the hours that the person asked for ("mon-fri 09:00-12:00"), and no others."""
    days = {}
    for line in situation.get("hours") or ():
        span, times = line.split()
        for day in range(WEEKDAYS.index(span[:3]), WEEKDAYS.index(span[-3:]) + 1):
            days[day] = (int(times[:2]), int(times[6:8]))
    return closed(Hours("UK-1", "policy", "", ALWAYS, days, holidays_closed=False), situation, at) if days else []


def closed(hours: Hours, situation: Situation, at: datetime) -> list[Broken]:
    """Whether one of the person's zones is outside the hours, or near their end."""
    found = []
    for here in zones(situation):
        local = at.astimezone(here)
        if not is_open(hours, situation, local):
            found.append(Broken(hours.rule, hours.layer))
        elif ends_soon(hours, local, at):
            found.append(Broken("13.4", "policy"))
    return found


def is_open(hours: Hours, situation: Situation, local: datetime) -> bool:
    """Whether the local weekday, date and hour are inside."""
    if local.weekday() not in hours.days or (hours.holidays_closed and is_holiday(situation, local.date())):
        return False
    start, end = hours.days[local.weekday()]
    return start <= local.hour < end


def ends_soon(hours: Hours, local: datetime, at: datetime) -> bool:
    """Whether no more than the margin is left of the window, in real minutes; a day without hours has no end."""
    end = hours.days[local.weekday()][1]
    return end < 24 and datetime.combine(local.date(), time(end), local.tzinfo) - at <= MARGIN


def is_holiday(situation: Situation, day: date) -> bool:
    """A public holiday of the country, or of the region where the calendar knows it."""
    of = country(situation)
    state = parts(situation)[0][3:] if of in ("BR", "AR") else situation.get("subdivision") or ""
    if of == "BR" and option(situation, "br.optional_holidays") == "ban" and day in carnival():
        return True
    return bool(of) and day in calendar(of, state or situation.get("subdivision") or "")


@cache
def calendar(of: str, region: str) -> set[date]:
    """The public holidays of those years."""
    known = holidays.list_supported_countries().get(of, [])
    return set(holidays.country_holidays(of, subdiv=region if region in known else None, years=YEARS))


@cache
def carnival() -> set[date]:
    """14: in Brazil, Carnival and Corpus Christi are in another category of the calendar."""
    optional = holidays.country_holidays("BR", years=YEARS, categories=("optional",), language="en_US")
    return {day for day, name in optional.items() if "Carnival" in name or "Corpus Christi" in name}


def counted(situation: Situation) -> list[Contact]:
    """What was sent or dialled, whatever became of it; not what the person began, and not replies."""
    left_out = ["inbound", "reply"]
    if option(situation, "pre_due_reminders") == "exempt":
        left_out.append("pre_due_reminder")
    if "CO" in parts(situation) and not option(situation, "co.exempt_messages_count"):
        left_out += DESPITE_CO_3
    return [one for one in situation["history"] if one["purpose"] not in left_out]


def caps(situation: Situation, at: datetime) -> list[Broken]:
    """Contacts in the same day or week, counted one by one."""
    found = []
    made, where = counted(situation), parts(situation)
    for cap in CAPS:
        if cap.where not in where or mode(situation) not in cap.modes or not chosen(cap, situation):
            continue
        if in_force(cap.where, at) and sum(falls(cap, one, situation, at) for one in made) >= cap.most:
            found.append(Broken(cap.rule, layer_of(cap.rule, cap.layer, situation)))
    return [one for one in found if one.layer]


def falls(cap: Cap, one: Contact, situation: Situation, at: datetime) -> bool:
    """Whether a contact of before counts for the cap."""
    if mode(one) not in cap.modes or (cap.reached and not one["reached"]) or not same(cap.of, one, situation):
        return False
    if (
        cap.rule == "CL-1"
        and mode(one) == "voice"
        and not one["reached"]
        and option(situation, "cl.failed_calls") == "ignore"
    ):
        return False
    return same_day(one, situation, at) if cap.per == "day" else same_week(cap.rule, one, situation, at)


def same(of: str, one: Contact, situation: Situation) -> bool:
    """Whether a contact of before is of the same account (an unknown one may be any) or channel."""
    if of == "account":
        return not one["account"] or not situation["account"] or one["account"] == situation["account"]
    return of == "person" or one["channel"] == situation["channel"]


def same_day(one: Contact, situation: Situation, at: datetime) -> bool:
    """On one date in some zone where the person may be now or was then: moving never opens a day again."""
    return any(one["at"].astimezone(here).date() == at.astimezone(here).date() for here in places(one, situation))


def same_week(rule: str, one: Contact, situation: Situation, at: datetime) -> bool:
    """Less than seven days ago, to the second; or from Monday to Sunday, where the operator counts so."""
    if option(situation, "week") != "calendar" or rule not in CALENDAR_WEEK:
        return bool(at - one["at"] < WEEK)
    return any(monday(one["at"], here) == monday(at, here) for here in places(one, situation))


def monday(at: datetime, here: ZoneInfo) -> date:
    """The Monday of the local week."""
    day = at.astimezone(here).date()
    return day - timedelta(days=day.weekday())


def places(one: Contact, situation: Situation) -> list[ZoneInfo]:
    """Where the person may be now, and may have been then."""
    return zones(situation) + [zone(name) for name in one.get("zones", ())]


def too_close(situation: Situation, at: datetime) -> list[Broken]:
    """Written contacts keep their distance: so many hours, or two dates in Chile where the operator reads it so."""
    found = []
    written = [one for one in counted(situation) if mode(one) == "text"]
    for where in parts(situation):
        if where in APART and mode(situation) == "text":
            rule, layer, distance = APART[where]
            dates = where == "CL" and option(situation, "cl.spacing") == "calendar_days"
            near = (days_between(one, situation, at) < 2 if dates else at - one["at"] < distance for one in written)
            found += [Broken(rule, layer)] if any(near) else []
    return found


def days_between(one: Contact, situation: Situation, at: datetime) -> int:
    """The fewest dates between the two, in any zone where the person may be or was."""
    made: datetime = one["at"]
    return min((at.astimezone(here).date() - made.astimezone(here).date()).days for here in places(one, situation))


def another_channel(situation: Situation, at: datetime) -> list[Broken]:
    """Once the person was reached, no second channel in the same week."""
    found = []
    for where in parts(situation):
        if where in ONE_CHANNEL:
            rule, layer = ONE_CHANNEL[where]
            reached = [one for one in counted(situation) if one["reached"] and same_week(rule, one, situation, at)]
            if any(one["channel"] != situation["channel"] for one in reached):
                found.append(Broken(rule, layer))
    return found


def quiet_days(situation: Situation, at: datetime) -> list[Broken]:
    """No call after a conversation by telephone about that debt, whoever began it (US-4)."""
    found = []
    for where in parts(situation):
        if where in QUIET and mode(situation) == "voice":
            rule, layer, span = QUIET[where]
            free = ("pre_due_reminder",) if option(situation, "pre_due_reminders") == "exempt" else ()
            calls = [one for one in situation["history"] if mode(one) == "voice" and one["purpose"] not in free]
            spoken = [one for one in calls if one["reached"]]
            if any(at - one["at"] < span and same("account", one, situation) for one in spoken):
                found.append(Broken(rule, layer_of(rule, layer, situation)))
    return [one for one in found if one.layer]


def holds(situation: Situation, at: datetime) -> list[Broken]:
    """12: a hold stops everything that goes out, from its beginning to its end; one creditor's, or everybody's."""
    for one in situation["holds"]:
        ours = not one["creditor"] or one["creditor"] == situation["creditor"]
        if ours and one["since"] <= at and not (one["until"] and one["until"] <= at):
            return [Broken("12", "policy")]
    return []


def opt_outs(situation: Situation, _at: datetime) -> list[Broken]:
    """13.6: an opt-out closes its channel, or all; one of an address closes that address."""
    for one in situation["opt_outs"]:
        here = one["channel"] in ("all", situation["channel"])
        if here and one["address"] in ("", situation["address"]):
            return [Broken("13.6", "law")]
    return []


def consents(situation: Situation, at: datetime) -> list[Broken]:
    """CO-2, NYC-1, US-14, WA-4, SMS-1, US-6: a list names the only channels agreed to, and the contract warrants else.

    Most countries ask for no yes to a demand (11b). Colombia and the strict default ask for one to every channel, New
    York to electronic ones, the United States to a call by a machine. WhatsApp, and SMS in the United States, need one
    on file; the latter of the last 60 days. A no is a no everywhere.
    """
    yes, said_at = on_file(situation)
    if yes is False:
        return [Broken("13.6", "law")]
    channel, name, found = situation["channel"], situation["jurisdiction"], []
    american = country(situation) == "US"
    warranted = situation["consents"] is None and option(situation, "assume_contract_consent")
    if not yes and not warranted:
        if name == "CO" or (name == "US-NYC" and channel in ELECTRONIC and in_force(name, at)):
            found.append(Broken("CO-2/NYC-1", "law"))
        if american and channel == "voice" and situation["origin"] != "agent":
            found.append(Broken("US-14", "law"))
        # 11b: no law asks for it there; who only said no to other channels has not said which they agree to.
        only_no = situation["consents"] and not any(yeses(situation["consents"]))
        if "strict" in parts(situation) and not (only_no and option(situation, "assume_contract_consent")):
            found.append(Broken("STRICT-6", "policy"))
    if channel == "whatsapp" or (american and channel == "sms"):
        old = american and channel == "sms" and said_at and at - said_at >= timedelta(days=60)
        found += [Broken("WA-4/SMS-1/US-6", "policy")] if old or not yes else []
    return found


def yeses(said: Any) -> list[bool]:
    """Each word of a list of consents, whichever way it is written."""
    return list(said.values()) if isinstance(said, Mapping) else [one["granted"] for one in said]


def on_file(situation: Situation) -> tuple[bool | None, datetime | None]:
    """The yes or no to this channel and its date, None where there is none."""
    said: Any = situation["consents"] or {}
    if isinstance(said, Mapping):
        return said.get(situation["channel"]), None
    for one in said:
        if one["channel"] == situation["channel"]:
            return one["granted"], one["at"]
    return None, None


def commercial(situation: Situation, _at: datetime) -> list[Broken]:
    """CO-11, PE-5, ES-12: what is commercial needs a yes of the person's own; CO-13: nobody on the register gets it."""
    where = parts(situation)[-1]
    if situation["purpose"] != "commercial":
        return []
    yes = on_file(situation)[0] or where not in ("CO", "PE", "ES")
    found = [] if yes else [Broken("CO-11/PE-5/ES-12", "law")]
    return [*found, Broken("CO-13", "law")] if where == "CO" and "rne" in situation["registers"] else found


def numbers(situation: Situation, _at: datetime) -> list[Broken]:
    """MX-4, EC-1, VOI-1, 13.2: no call hides its number; CL-6: an automatic one shows prefix 600."""
    caller, where = situation["caller"], parts(situation)[-1]
    if mode(situation) != "voice" or caller is None:
        return []
    if not caller:
        by_law = where in VISIBLE_NUMBER or (where == "CL" and situation["origin"] != "agent")
        return [Broken("VOI-1", "law" if by_law else "policy")]
    foreign = where == "CL" and situation["origin"] != "agent" and not caller.startswith("600")
    return [Broken("CL-6", "law")] if foreign else []


def addresses(situation: Situation, _at: datetime) -> list[Broken]:
    """MX-4: only addresses that the person gave; US-8: no employer's email; AR-C3: no letters to work, nor others."""
    source, where = situation["address_source"], parts(situation)[-1]
    if source in ("found", "employer") and where == "MX":
        return [Broken("MX-4", "law")]
    if source == "employer" and where == "US" and situation["channel"] == "email":
        return [Broken("US-8", "law")]
    if source == "employer" and "AR-C" in parts(situation):
        return [Broken("AR-C3", "law" if situation["channel"] == "letter" else "policy")]
    return []


def closed_channel(situation: Situation, at: datetime) -> list[Broken]:
    """CO-7: no visits. WA-1, SMS-1: not for the debts of others. FB-1: the person begins. WA-5: or a template."""
    channel, human = situation["channel"], situation["origin"] == "agent"
    own = situation["ownership"] == "first_party"
    found = []
    if "CO" in parts(situation) and mode(situation) == "visit":
        found.append(Broken("CO-7", "law"))
    if channel == "whatsapp" and not own:
        found.append(Broken("WA-1", "policy"))
    if channel == "sms" and country(situation) == "US" and not own:
        found.append(Broken("SMS-1", "policy"))
    if channel in ("messenger", "instagram") and not wrote(situation, at, HUMAN_SESSION if human else SESSION):
        found.append(Broken("FB-1", "policy"))
    if channel == "whatsapp" and situation["free_form"] and not wrote(situation, at, SESSION):
        found.append(Broken("WA-5", "policy"))
    return found


def wrote(situation: Situation, at: datetime, span: timedelta) -> bool:
    """Whether the person wrote on that channel less than so long ago."""
    heard: Sequence[Contact] = situation.get("inbound") or ()
    return any(one["channel"] == situation["channel"] and timedelta(0) <= at - one["at"] < span for one in heard)


def third_party(situation: Situation, _at: datetime) -> list[Broken]:
    """CO-7, CL-5, MX-4, PE-4, AR-C3, ES-3, EC-2, US-2: only who owes, and who stands for them."""
    where, role = parts(situation)[-1], situation["role"]
    closed_list = any(one in ONLY_WHO_OWES for one in parts(situation))
    if role in WHO_OWES or (role in WHO_STANDS_FOR_THEM and not closed_list):
        return []
    ours = where == "strict" and role in WHO_STANDS_FOR_THEM
    # US-2 (12: "consumer" is the spouse too) would let the spouse in; nothing is known of other countries' law.
    return [Broken("third-party", "policy" if ours or (role == "spouse" and where in ("US", "strict")) else "law")]
