"""What the guard lets out, puts off and refuses, country by country, as a collections team would tell it."""

from __future__ import annotations

import copy
import inspect
import pickle
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from acuerdo.core import compliance
from acuerdo.core.compliance import (
    REASONS,
    Attempt,
    Cleared,
    Consent,
    Hold,
    NotYet,
    OptOut,
    Record,
    Refused,
    attempt_of,
    guard,
    judge,
)
from acuerdo.core.messages import Button, Card, Content
from acuerdo.core.words import AcuerdoError
from acuerdo.service.law import load_rules

from .compliance_cases import MINUTE, RULES, cited, codes, local, person, say, tried, verdict

# 2026-11-25 is a Wednesday and no holiday in any of the six countries.


def test_where_the_law_counts_the_spouse_as_a_consumer_only_the_house_leaves_them_out() -> None:
    for country, zone, layers in (("US", "America/New_York", {"policy"}), ("GB", "Europe/London", {"law", "policy"})):
        at = local("2026-11-25 11:00", zone=zone)
        answer = judge(say(channel="email"), Record(country, (zone,), role="spouse"), RULES, at)
        assert isinstance(answer, Refused)
        assert {reason.layer for reason in answer.why if reason.code == "third_party"} == layers


@pytest.mark.parametrize(
    ("country", "at", "opens"),
    [
        ("CO", "2026-11-25 06:59", "2026-11-25 07:00"),
        ("CO", "2026-11-25 19:00", "2026-11-26 07:00"),
        ("CO", "2026-11-27 19:30", "2026-11-28 08:00"),  # Friday night: Saturday opens at eight
        ("CO", "2026-11-28 15:00", "2026-11-30 07:00"),  # Saturday afternoon: Monday
        ("CO", "2026-12-07 20:00", "2026-12-09 07:00"),  # the 8th is a holiday
        ("CO", "2026-12-31 19:00", "2027-01-02 08:00"),  # year end: the 1st is a holiday, the 2nd a Saturday
        ("CL", "2026-11-28 20:00", "2026-11-30 08:00"),
        ("CL", "2026-09-17 20:00", "2026-09-21 08:00"),  # 18 and 19 September, then Sunday
        ("MX", "2026-11-28 20:00", "2026-11-30 08:00"),
        ("PE", "2026-11-27 20:00", "2026-11-30 07:00"),
        ("AR", "2026-11-25 08:59", "2026-11-25 09:00"),
        ("AR", "2026-11-27 20:00", "2026-11-30 09:00"),
        ("ES", "2026-11-27 21:00", "2026-11-30 09:00"),
        ("ES", "2028-02-28 21:00", "2028-02-29 09:00"),  # a leap day is a day like another
    ],
)
def test_outside_the_window_it_waits_for_the_next_one(country: str, at: str, opens: str) -> None:
    answer = verdict(at, country)
    assert isinstance(answer, NotYet)
    assert answer.until == local(opens, country)
    assert isinstance(verdict(opens, country), Cleared)


@pytest.mark.parametrize(
    ("country", "at", "deadline"),
    [
        ("CO", "2026-11-25 18:44", "2026-11-25 18:45"),
        ("CO", "2026-11-28 08:00", "2026-11-28 14:45"),
        ("CL", "2026-11-28 10:00", "2026-11-28 19:45"),
        ("MX", "2026-11-28 10:00", "2026-11-28 19:45"),
        ("PE", "2026-11-25 10:00", "2026-11-25 19:45"),
        ("AR", "2026-11-25 10:00", "2026-11-25 19:45"),
        ("ES", "2026-11-25 10:00", "2026-11-25 20:45"),
    ],
)
def test_the_deadline_leaves_fifteen_minutes_of_the_window(country: str, at: str, deadline: str) -> None:
    answer = verdict(at, country)
    assert isinstance(answer, Cleared)
    assert answer.deadline == local(deadline, country)


def test_with_less_than_the_margin_left_it_waits_and_says_so() -> None:
    answer = verdict("2026-11-25 18:45")
    assert isinstance(answer, NotYet)
    assert codes(answer) == {"window_ending"}
    assert answer.until == local("2026-11-26 07:00")


def test_law_and_policy_are_told_apart() -> None:
    call_at_six = verdict("2026-11-25 06:30", "MX", mode="voice", channel="voice")
    call_at_half_past_seven = verdict("2026-11-25 07:30", "MX", mode="voice", channel="voice")
    assert {(reason.layer, reason.rules) for reason in call_at_six.why} == {("law", ("MX-1",)), ("policy", ("MX-P1",))}
    assert {(reason.layer, reason.rules) for reason in call_at_half_past_seven.why} == {("policy", ("MX-P1",))}
    assert {reason.layer for reason in verdict("2026-11-28 10:00", "PE").why} == {"policy"}
    assert {reason.layer for reason in verdict("2026-11-28 10:00", "PE", mode="voice").why} == {"law"}


def test_holidays_move_and_regions_have_their_own() -> None:
    assert codes(verdict("2026-11-16 10:00", "CO")) == {"holiday"}  # Independence of Cartagena, on its Monday
    monday = local("2026-05-18 10:00", "ES")
    catalan = Record(country="ES", zones=("Europe/Madrid",), subdivision="CT")
    assert isinstance(judge(say(), catalan, RULES, monday), Cleared)
    sant_joan = local("2026-06-24 10:00", "ES")
    assert codes(judge(say(), catalan, RULES, sant_joan)) == {"holiday"}
    assert isinstance(judge(say(), person("ES"), RULES, sant_joan), Cleared)


def test_a_country_whose_law_knows_no_holidays_offers_them_as_an_option() -> None:
    christmas = "2026-12-25 10:00"
    assert isinstance(verdict(christmas, "MX"), Cleared)
    answer = verdict(christmas, "MX", rules=load_rules(date(2026, 11, 23), {"mx.holidays": "ban"}))
    assert cited(answer) == {"MX-P2"}


def test_colombia_one_attempt_a_day_over_all_channels() -> None:
    answer = verdict("2026-11-25 15:00", "CO", tried("2026-11-25 08:00", channel="whatsapp", status="unknown"))
    assert isinstance(answer, NotYet)
    assert (codes(answer), cited(answer)) == ({"cap_reached"}, {"CO-3-dia"})
    assert answer.until == local("2026-11-26 07:00")


def test_colombia_read_as_two_way_contact_counts_only_who_was_reached() -> None:
    rules = load_rules(date(2026, 11, 23), {"count_attempts": False})
    unanswered, reached = tried("2026-11-25 08:00"), tried("2026-11-25 08:00", reached=True)
    assert isinstance(verdict("2026-11-25 15:00", "CO", unanswered, rules=rules), Cleared)
    assert isinstance(verdict("2026-11-25 15:00", "CO", reached, rules=rules), NotYet)


def test_colombia_after_reaching_the_person_no_other_channel_for_a_week() -> None:
    reached = tried("2026-11-23 10:00", channel="whatsapp", reached=True)
    other = verdict("2026-11-25 10:00", "CO", reached)
    assert isinstance(other, NotYet)
    assert (codes(other), other.until) == ({"other_channel"}, local("2026-11-30 10:00"))
    agreed = person("CO", reached, ownership="first_party", consents=(Consent("whatsapp"),))
    same = judge(say(channel="whatsapp"), agreed, RULES, local("2026-11-25 10:00"))
    assert isinstance(same, Cleared)
    calendar = load_rules(date(2026, 11, 23), {"week": "calendar"})
    assert verdict("2026-11-25 10:00", "CO", reached, rules=calendar).until == local("2026-11-30 07:00")  # type: ignore[union-attr]


def test_what_the_person_asked_for_is_sent_despite_cap_and_channel_but_not_at_night() -> None:
    reached = tried("2026-11-25 08:00", channel="whatsapp", reached=True)
    assert isinstance(verdict("2026-11-25 15:00", "CO", reached, purpose="requested_information"), Cleared)
    assert isinstance(verdict("2026-11-25 20:00", "CO", reached, purpose="requested_information"), NotYet)
    assert isinstance(verdict("2026-11-25 15:00", "CO", reached, purpose="agreement_reminder"), NotYet)
    assert isinstance(verdict("2026-11-25 15:00", "CO", reached, purpose="receipt"), NotYet)


def test_chile_two_messages_and_one_call_a_week_and_two_days_between_messages() -> None:
    monday, wednesday = tried("2026-11-23 10:00", "CL"), tried("2026-11-25 10:00", "CL")
    too_soon = verdict("2026-11-25 09:00", "CL", monday)
    assert isinstance(too_soon, NotYet)
    assert (codes(too_soon), too_soon.until) == ({"too_soon"}, local("2026-11-25 10:00", "CL"))
    third = verdict("2026-11-28 10:00", "CL", monday, wednesday)
    assert isinstance(third, NotYet)
    assert (cited(third), third.until) == ({"CL-2"}, local("2026-11-30 10:00", "CL"))
    call = {"mode": "voice", "channel": "voice"}
    assert isinstance(verdict("2026-11-28 10:00", "CL", monday, wednesday, **call), Cleared)
    called = tried("2026-11-23 10:00", "CL", **call)
    assert cited(verdict("2026-11-28 10:00", "CL", called, **call)) == {"CL-1"}


def test_chile_spacing_read_by_dates_opens_on_the_second_day() -> None:
    rules = load_rules(date(2026, 11, 23), {"cl.spacing": "calendar_days"})
    answer = verdict("2026-11-24 10:00", "CL", tried("2026-11-23 19:00", "CL"), rules=rules)
    assert isinstance(answer, NotYet)
    assert answer.until == local("2026-11-25 08:00", "CL")


def test_spain_three_a_week() -> None:
    days = [tried(f"2026-11-{day} 10:00", "ES") for day in (23, 24, 25)]
    answer = verdict("2026-11-26 10:00", "ES", *days)
    assert isinstance(answer, NotYet)
    assert (cited(answer), answer.until) == ({"ES-P4"}, local("2026-11-30 10:00", "ES"))


def test_an_unknown_country_is_judged_by_the_strict_default_and_says_so() -> None:
    nowhere = Record(country="ZZ", zones=("America/Bogota",), attempts=(tried("2026-11-23 10:00"),))
    answer = judge(say(), nowhere, RULES, local("2026-11-24 17:00"))
    assert isinstance(answer, NotYet)
    assert codes(answer) == {"too_soon", "strict_default"}
    assert answer.until == local("2026-11-25 10:00")
    ultra = load_rules(date(2026, 11, 23), {"default_pack": "ultra"})
    assert judge(say(), nowhere, ultra, local("2026-11-24 17:00")).until == local("2026-11-30 10:00")  # type: ignore[union-attr]


def test_without_a_zone_every_zone_of_the_country_must_agree() -> None:
    somewhere = Record(country="ES", zones=())
    nine_in_madrid = judge(say(), somewhere, RULES, local("2026-11-25 09:30", "ES"))
    assert isinstance(nine_in_madrid, NotYet)
    assert nine_in_madrid.until == local("2026-11-25 10:00", "ES")
    assert "zone_assumed" in codes(nine_in_madrid)
    answer = judge(say(), somewhere, RULES, local("2026-11-25 10:00", "ES"))
    assert isinstance(answer, Cleared)
    assert answer.deadline == local("2026-11-25 20:45", "ES")  # Madrid closes first


def test_where_no_zone_can_be_known_nothing_is_sent() -> None:
    lost = Record(country="ZZ", zones=("Nowhere/Land",))
    assert codes(judge(say(), lost, RULES, local("2026-11-25 10:00"))) == {
        "zone_unknown",
        "zone_assumed",
        "strict_default",
    }


def test_an_unknown_subdivision_keeps_the_national_holidays_and_says_so() -> None:
    record = Record(country="CL", zones=("America/Santiago",), subdivision="XX")
    christmas = judge(say(), record, RULES, local("2026-12-25 10:00", "CL"))
    assert codes(christmas) == {"holiday", "subdivision_unknown", "strict_default"}


@pytest.mark.parametrize(
    ("opt_out", "stops"),
    [
        (OptOut("sms"), True),
        (OptOut("*"), True),
        (OptOut("email"), False),
        (OptOut("sms", "h1"), True),
        (OptOut("*", "h1"), True),
        (OptOut("sms", "h2"), False),
    ],
)
def test_an_opt_out_closes_the_channel_the_address_or_all(opt_out: OptOut, stops: bool) -> None:
    record = person("CO", opt_outs=(opt_out,))
    answer = judge(say(address_hash="h1"), record, RULES, local("2026-11-25 10:00"))
    assert isinstance(answer, Refused if stops else Cleared)


def test_an_opt_out_of_an_address_holds_when_the_message_does_not_name_its_own() -> None:
    record = person("CO", opt_outs=(OptOut("sms", "h1"),))
    assert codes(judge(say(), record, RULES, local("2026-11-25 10:00"))) == {"opted_out"}


def test_a_hold_without_an_end_refuses_and_with_an_end_puts_off() -> None:
    at = local("2026-11-25 10:00")
    forever = person("CO", holds=(Hold("dispute", since=at - MINUTE),))
    ends = person("CO", holds=(Hold("bereavement", since=at - MINUTE, until=local("2026-12-25 10:00")),))
    refused, later = judge(say(), forever, RULES, at), judge(say(), ends, RULES, at)
    assert isinstance(refused, Refused)
    assert [reason.detail for reason in refused.why] == ["dispute"]
    assert isinstance(later, NotYet)
    assert later.until == local("2026-12-26 08:00")  # Christmas is a Friday; Saturday opens at eight
    assert [reason.detail for reason in later.why] == [""]  # grief and health are nobody's reading


def test_a_hold_of_another_creditor_or_not_begun_or_over_does_not_stop() -> None:
    at = local("2026-11-25 10:00")
    holds = (
        Hold("dispute", since=at - MINUTE, creditor="otro"),
        Hold("dispute", since=at + timedelta(days=1)),
        Hold("adviser", since=at - timedelta(days=30), until=at),
    )
    assert isinstance(judge(say(), person("CO", holds=holds), RULES, at), Cleared)


def test_stop_all_and_the_allow_list_refuse_what_is_outbound() -> None:
    at = local("2026-11-25 10:00")
    assert codes(judge(say(), person("CO", stopped=True), RULES, at)) == {"stopped"}
    assert codes(judge(say(), person("CO", allow_list_only=True), RULES, at)) == {"not_on_allow_list"}
    assert isinstance(judge(say(), person("CO", allow_list_only=True, on_allow_list=True), RULES, at), Cleared)


def test_a_reply_goes_out_at_night_over_caps_holds_opt_outs_and_stop_all() -> None:
    at = local("2026-11-29 03:00")
    busy = person(
        "CO",
        tried("2026-11-29 02:00"),
        opt_outs=(OptOut("*"),),
        holds=(Hold("dispute", since=at - MINUTE),),
        stopped=True,
    )
    answer = judge(say(purpose="reply", answers_at=at - 10 * MINUTE), busy, RULES, at)
    assert isinstance(answer, Cleared)
    assert answer.deadline == at + 5 * MINUTE
    assert codes(answer) == {"reply"}


@pytest.mark.parametrize(("origin", "patience"), [("bot", timedelta(minutes=15)), ("agent", timedelta(hours=24))])
def test_a_late_reply_is_outbound(origin: str, patience: timedelta) -> None:
    at = local("2026-11-29 03:00")
    in_time = say(purpose="reply", origin=origin, answers_at=at - patience + MINUTE)
    late = say(purpose="reply", origin=origin, answers_at=at - patience)
    assert isinstance(judge(in_time, person(), RULES, at), Cleared)
    assert isinstance(judge(late, person(), RULES, at), NotYet)
    assert attempt_of(in_time, at).purpose == "reply"
    assert attempt_of(late, at).purpose == "collection"


def test_an_answer_to_what_has_not_yet_been_asked_is_no_reply() -> None:
    at = local("2026-11-29 03:00")
    assert isinstance(judge(say(answers_at=at + MINUTE), person(), RULES, at), Cleared)  # two clocks a minute apart
    assert isinstance(judge(say(answers_at=at + 2 * MINUTE), person(), RULES, at), NotYet)


def test_replies_count_against_no_cap() -> None:
    answered = tried("2026-11-25 08:00", purpose="reply", reached=True, channel="web")
    assert isinstance(verdict("2026-11-25 10:00", "CO", answered), Cleared)


def test_an_attempt_never_counts_against_its_own_message() -> None:
    own = attempt_of(say(), local("2026-11-25 09:00"))
    assert own.key == "this"
    assert isinstance(verdict("2026-11-25 10:00", "CO", own), Cleared)
    assert isinstance(verdict("2026-11-25 10:00", "CO", own, key="another"), NotYet)
    nameless = Attempt(at=local("2026-11-25 09:00"), channel="sms")
    assert isinstance(verdict("2026-11-25 10:00", "CO", nameless, key=""), NotYet)


def test_contacts_in_the_future_count_too() -> None:
    later = verdict("2026-11-25 10:00", "CO", tried("2026-11-25 18:00"))
    assert codes(later) == {"cap_reached", "future_history"}
    near = verdict("2026-11-25 10:00", "CL", tried("2026-11-26 10:00", "CL"))
    assert isinstance(near, NotYet)
    assert near.until == local("2026-11-28 10:00", "CL")


def test_before_identity_only_the_creditor_is_spoken_of_even_in_a_reply() -> None:
    at = local("2026-11-25 10:00")
    debt = say(topics=("creditor", "amount"), answers_at=at)
    answer = judge(debt, person(), RULES, at)
    assert isinstance(answer, Refused)
    assert [(r.code, r.layer, r.rules) for r in answer.why] == [("debt_before_identity", "law", ("COM-identidad",))]
    assert isinstance(judge(debt, person(identified=True), RULES, at), Cleared)


def test_forbidden_words_stop_a_reply_and_every_part_of_a_message() -> None:
    at = local("2026-11-25 10:00")
    threat = "Si no paga hoy le embargaremos el sueldo"
    for content in (
        Content(text=threat),
        Content(text="Hola", buttons=(Button("a", threat),)),
        Content(text="Hola", cards=(Card("a", "Plan", ("Tres pagos", threat), "Elegir"),)),
    ):
        answer = judge(say(content=content, answers_at=at), person(identified=True), RULES, at)
        assert isinstance(answer, Refused)
        assert (codes(answer), cited(answer)) == ({"forbidden_words"}, {"COM-embargo"})


def test_why_have_you_not_paid_is_asked_nowhere_in_colombia() -> None:
    asked = {"text": "Hola Ana. ¿Por qué no ha pagado?"}
    assert cited(verdict("2026-11-25 10:00", "CO", **asked)) == {"CO-8"}
    assert isinstance(verdict("2026-11-25 10:00", "PE", **asked), Cleared)


def test_a_person_may_say_that_they_are_a_person() -> None:
    human = {"text": "Soy una persona del equipo de Cobros Claros."}
    assert isinstance(verdict("2026-11-25 10:00", "CO", origin="agent", **human), Cleared)
    assert isinstance(verdict("2026-11-25 10:00", "CO", origin="bot", **human), Refused)


def test_when_no_moment_is_lawful_in_sixty_days_it_is_refused() -> None:
    at = local("2026-11-25 10:00")
    until = at + timedelta(days=61)
    answer = judge(say(), person("CO", holds=(Hold("insolvency", since=at, until=until),)), RULES, at)
    assert isinstance(answer, Refused)
    assert codes(answer) == {"no_lawful_moment", "on_hold"}


def test_zones_that_never_agree_are_refused() -> None:
    apart = Record(country="ES", zones=("Europe/Madrid", "Pacific/Auckland"))
    assert "no_lawful_moment" in codes(judge(say(), apart, RULES, local("2026-11-25 10:00", "ES")))


@pytest.mark.parametrize(
    ("country", "zone", "eve", "opens_utc"),
    [
        ("CL", "America/Santiago", "2026-09-05 20:00", "2026-09-07 11:00"),  # clocks go forward at midnight of the 6th
        ("CL", "America/Santiago", "2027-04-03 20:00", "2027-04-05 12:00"),  # and back
        ("CL", "America/Punta_Arenas", "2026-09-05 20:00", "2026-09-07 11:00"),  # no change there
        ("CL", "Pacific/Easter", "2026-09-05 20:00", "2026-09-07 13:00"),
        ("ES", "Europe/Madrid", "2026-03-27 21:00", "2026-03-30 07:00"),
        ("ES", "Europe/Madrid", "2026-10-23 21:00", "2026-10-26 08:00"),
        ("ES", "Atlantic/Canary", "2026-03-27 21:00", "2026-03-30 08:00"),
        ("MX", "America/Tijuana", "2026-03-07 20:00", "2026-03-09 15:00"),  # the border keeps summer time
        ("MX", "America/Mexico_City", "2026-03-07 20:00", "2026-03-09 14:00"),  # the capital does not
    ],
)
def test_clock_changes_move_the_window_with_the_wall_clock(country: str, zone: str, eve: str, opens_utc: str) -> None:
    answer = judge(say(), Record(country=country, zones=(zone,)), RULES, local(eve, zone=zone))
    assert isinstance(answer, NotYet)
    assert answer.until == datetime.fromisoformat(opens_utc).replace(tzinfo=UTC)


def test_a_naive_hour_is_refused_with_a_way_to_mend_it() -> None:
    with pytest.raises(AcuerdoError, match="no time zone"):
        judge(say(), person(), RULES, datetime(2026, 11, 25, 10))  # noqa: DTZ001 - the fault under test


def test_only_the_guard_makes_a_clearance() -> None:
    cleared = verdict("2026-11-25 10:00")
    assert isinstance(cleared, Cleared)
    with pytest.raises(TypeError, match="only compliance"):
        Cleared(cleared.say, cleared.deadline, cleared.why)
    with pytest.raises(TypeError, match="not stored"):
        pickle.dumps(cleared)
    with pytest.raises(TypeError, match="not stored"):
        copy.copy(cleared)
    with pytest.raises(TypeError):
        msgspec.json.encode(cleared)
    with pytest.raises((TypeError, msgspec.ValidationError)):
        msgspec.convert({"say": {}, "deadline": "2026-11-25T10:00:00Z", "why": []}, Cleared)
    with pytest.raises(AttributeError):
        cleared.deadline = local("2026-11-26 10:00")
    with pytest.raises(TypeError):
        type("Forged", (Cleared,), {})


def test_every_reason_given_is_in_the_word_list() -> None:
    rooms = (guard, compliance.rules, compliance.places, compliance.profiles, compliance.asked)
    sources = "".join(inspect.getsource(module) for module in rooms)
    for code in REASONS:
        assert f'"{code}"' in sources, f"{code} is documented and never given"
