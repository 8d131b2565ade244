"""The plan alone: one entry per account, one invitation per person, and every moment lawful."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.campaigns import CODES, Campaign, Candidate, Entry, Strategy, plan, strategies_of
from acuerdo.core.compliance import REASONS, Attempt, Cleared, Consent, Hold, OptOut, Record, judge
from acuerdo.core.compliance.places import ZONES_OF
from acuerdo.core.messages import Content, Say
from acuerdo.core.portfolio.segments import load_segments
from acuerdo.core.words import AcuerdoError, CreditorId, PersonId
from acuerdo.service.law import load_rules
from acuerdo.service.segmenting import shipped_segments

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 10:00 in Bogotá
RULES = load_rules(MONDAY.date())
STRATEGIES = {
    "early": Strategy(("sms", "email"), "identidad", "warm", "bot", True, "early"),
    "mail-first": Strategy(("email", "sms"), "identidad", "warm", "bot", True, "early"),
    "late": Strategy(("sms",), "identidad", "neutral", "person", True, "late"),
    "old": Strategy((), "identidad", "neutral", "person", False, "late"),
}
BOGOTA = Record("CO", ("America/Bogota",))


def campaign(segment: str = "all", *channels: str) -> Campaign:
    return Campaign("c", "andino", segment, STRATEGIES, RULES, frozenset(channels or ("sms",)))


def debt(account: str = "a1", person: str = "ana", **parts: Any) -> Candidate:
    """An account of 22 days that anybody would invite, or what `parts` make of it."""
    usual = Candidate(account, person, "early", 500.0, "open", 90_000_000, 22, ("sms", "email"), BOGOTA)
    return msgspec.structs.replace(usual, **parts)


def only(candidate: Candidate, of: Campaign | None = None, at: datetime = MONDAY) -> Entry:
    (entry,) = plan(of or campaign(), [candidate], at)
    return entry


def test_who_may_be_written_to_is_written_to_now() -> None:
    entry = only(debt())
    assert (entry.included, entry.channel, entry.at, entry.code) == (True, "sms", MONDAY, "contact")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"status": "paid"}, "paid"),
        ({"left": 0}, "paid"),
        ({"status": "withdrawn"}, "withdrawn"),
        ({"status": "legal"}, "legal"),
        ({"segment": None}, "not_segmented"),
        ({"segment": "gone"}, "not_in_segment"),
        ({"agreed": True}, "agreement_in_force"),
        ({"promised": True}, "promise_open"),
        ({"dpd": 61}, "segment_too_old"),
        ({"segment": "old", "dpd": 200}, "over_60_not_invited"),
        ({"segment": "old"}, "not_invited"),
        ({"reachable": ("email",)}, "no_address"),
        ({"record": Record("CO", ("America/Bogota",), opt_outs=(OptOut("*"),))}, "opted_out"),
        ({"record": Record("CO", ("America/Bogota",), holds=(Hold("death", MONDAY),))}, "on_hold"),
        ({"record": Record("CO", ("America/Bogota",), stopped=True)}, "stopped"),
        ({"record": Record("XX", ())}, "refused_by_guard"),
    ],
)
def test_who_is_left_out_and_why(parts: dict[str, Any], code: str) -> None:
    entry = only(debt(**parts))
    assert (entry.included, entry.at, entry.code) == (False, None, code)
    assert entry.why


def consented(country: str, zone: str, days: int, *, granted: bool = True, channel: str = "sms") -> Record:
    given_ = (Consent(channel, granted, MONDAY - timedelta(days=days)),)
    return Record(country, (zone,), consents=given_, ownership="first_party")


@pytest.mark.parametrize("country", ["US", "US-NYC"])
def test_where_a_consent_grows_old_each_is_asked_by_its_day(country: str) -> None:
    """US-6: sixty days; who agreed yesterday is not judged by who agreed long ago, nor the other way round."""
    for days in ((1, 90), (90, 1)):
        people = [debt(f"a{n}", f"p{n}", record=consented(country, "America/New_York", n)) for n in days]
        assert {e.person: e.included for e in plan(campaign(), people, MONDAY)} == {"p1": True, "p90": False}


def test_elsewhere_those_who_said_the_same_are_judged_alike_whenever_they_said_it() -> None:
    people = [
        debt("a1", "yes", record=consented("CO", "America/Bogota", 1)),
        debt("a2", "old yes", record=consented("CO", "America/Bogota", 900)),
        debt("a3", "no", record=consented("CO", "America/Bogota", 1, granted=False)),
        debt("a4", "to another", record=consented("CO", "America/Bogota", 1, channel="email")),
        debt("a5", "nobody says"),
    ]
    entries = {entry.person: entry.included for entry in plan(campaign(), people, MONDAY)}
    assert entries == {"yes": True, "old yes": True, "no": False, "to another": False, "nobody says": True}


def test_a_campaign_for_one_segment_leaves_the_others_out() -> None:
    assert only(debt(), campaign("late")).code == "not_in_segment"
    assert only(debt(segment="late", dpd=90), campaign("late")).included


def test_a_channel_that_is_not_installed_is_passed_over() -> None:
    assert only(debt(segment="mail-first")).channel == "sms"
    assert only(debt(segment="mail-first"), campaign("all", "sms", "email")).channel == "email"
    assert only(debt(segment="late", dpd=90), campaign("all", "email")).code == "no_channel"


def test_a_channel_that_the_person_closed_leaves_the_next_one() -> None:
    closed = Record("CO", ("America/Bogota",), opt_outs=(OptOut("email"),))
    entry = only(debt(segment="mail-first", record=closed), campaign("all", "sms", "email"))
    assert (entry.included, entry.channel) == (True, "sms")


def test_the_highest_ranked_fit_debt_of_a_person_is_invited_for() -> None:
    debts = [debt("a1", rank=300.0), debt("a2", rank=900.0, status="paid"), debt("a3", rank=600.0)]
    codes = {entry.account: entry.code for entry in plan(campaign(), debts, MONDAY)}
    assert codes == {"a1": "same_person", "a2": "paid", "a3": "contact"}


def test_a_hold_with_an_end_delays() -> None:
    held = Record("CO", ("America/Bogota",), holds=(Hold("adviser", MONDAY, MONDAY + timedelta(days=2)),))
    entry = only(debt(record=held))
    assert (entry.included, entry.at) == (True, MONDAY + timedelta(days=2))
    assert entry.why[0].code == "on_hold"


def test_an_attempt_of_today_delays_until_another_day() -> None:
    tried = Record("CO", ("America/Bogota",), attempts=(Attempt(MONDAY - timedelta(hours=2), "sms"),))
    entry = only(debt(record=tried))
    assert entry.at is not None
    assert entry.at.date() > MONDAY.date()


def test_people_whose_accounts_are_apart_are_noticed() -> None:
    with pytest.raises(ValueError, match="ana"):
        list(plan(campaign(), [debt("a1"), debt("b1", "bea"), debt("a2")], MONDAY))


def test_a_moment_says_its_zone() -> None:
    with pytest.raises(AcuerdoError, match="time zone"):
        list(plan(campaign(), [debt()], datetime(2026, 11, 23, 10, 0)))  # noqa: DTZ001 - the slip that is tested


def test_every_code_is_explained() -> None:
    assert set(CODES) >= {"contact", "no_address", "opted_out", "on_hold", "same_person", "refused_by_guard"}
    assert all(CODES.values())


def test_the_shipped_segments_have_strategies() -> None:
    found = strategies_of(load_segments(shipped_segments()))
    assert found["early"].invite
    assert all(one.handler == "person" for one in found.values() if one.stage == "late")


COUNTRIES = sorted(ZONES_OF)
moments = st.datetimes(datetime(2026, 8, 1), datetime(2027, 3, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@st.composite
def candidates(draw: st.DrawFn, at: datetime) -> list[Candidate]:
    """Some people with one to three debts each, in any country, with whatever happened to them."""
    found: list[Candidate] = []
    for nth in range(draw(st.integers(1, 6))):
        country = draw(st.sampled_from(COUNTRIES))
        zones = tuple(draw(st.lists(st.sampled_from(ZONES_OF[country]), max_size=2, unique=True)))
        hours = draw(st.lists(st.integers(1, 400), max_size=3))
        attempts = tuple(Attempt(at - timedelta(hours=h), "sms", reached=h % 2 == 0, key=f"k{h}") for h in hours)
        opt_outs = tuple(OptOut(c) for c in draw(st.lists(st.sampled_from(["sms", "email", "*"]), max_size=1)))
        ends = draw(st.sampled_from([None, timedelta(days=3)]))
        since = at - timedelta(days=1)
        holds = (Hold("dispute", since, at + ends if ends else None),) if draw(st.integers(0, 5)) == 0 else ()
        record = Record(country, zones, attempts=attempts, opt_outs=opt_outs, holds=holds)
        for number in range(draw(st.integers(1, 3))):
            found.append(
                debt(
                    f"{nth}-{number}", f"p{nth}", record=record, rank=float(draw(st.integers(0, 3))),
                    segment=draw(st.sampled_from([*STRATEGIES, None])), dpd=draw(st.integers(0, 120)),
                    left=draw(st.integers(0, 2)), reachable=draw(st.sampled_from([(), ("sms",), ("email", "sms")])),
                )
            )  # fmt: skip
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nobody_is_in_twice_and_every_moment_is_lawful(data: st.DataObject) -> None:
    at = data.draw(moments)
    people = data.draw(candidates(at))
    of = msgspec.structs.replace(campaign("all", "sms", "email"), rules=load_rules(at.date()))
    entries = list(plan(of, people, at))
    assert sorted(entry.account for entry in entries) == sorted(one.account for one in people)
    assert {entry.code for entry in entries} <= set(CODES)
    assert {reason.code for entry in entries for reason in entry.why} <= {*CODES, *REASONS}
    invited = [entry for entry in entries if entry.included]
    assert len({entry.person for entry in invited}) == len(invited)
    records = {one.account: one for one in people}
    for entry in invited:
        one = records[entry.account]
        assert entry.at is not None
        assert entry.at >= at
        assert entry.channel in one.reachable
        word = Say(
            "x",
            Content("Hola. Banco Andino, CNPJ 1. Responda BAJA para no recibir más."),
            entry.channel or "",
            "collection",
            CreditorId("andino"),
            PersonId(one.person),
        )
        assert isinstance(judge(word, one.record, of.rules, entry.at), Cleared)
