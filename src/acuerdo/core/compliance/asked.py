"""What is asked of a message besides its hour and number: role, consent, channel, address and words."""

from __future__ import annotations

from datetime import datetime, timedelta

from acuerdo.core.compliance.kinds import AddressRule, BanRule, ConsentRule, NumberRule, Scoped, SessionRule
from acuerdo.core.compliance.profiles import Profile
from acuerdo.core.compliance.record import Consent, Record
from acuerdo.core.compliance.rules import CountryRules
from acuerdo.core.compliance.wording import spoken, texts
from acuerdo.core.messages import Say
from acuerdo.core.words import Reason

Told = tuple[tuple[Reason, ...], tuple[Reason, ...]]


def asked(say: Say, record: Record, bounds: Profile, code: CountryRules, at: datetime) -> Told:
    """Why an outbound message may not be sent at all, and what a clearance of it must carry as a warning."""
    refused = list(code.refused_roles.get(record.role, ()))
    warned: tuple[Reason, ...] = ()
    # Each kind is asked for first: most messages meet none of them, and this runs twice for what is put off.
    if record.consents and _said_no(record.consents, say.channel):
        refused += code.stop("no_consent")
    if bounds.bans:
        refused += [_closed(rule) for rule in bounds.bans if _banned(rule, say, record)]
    if bounds.sessions:
        outside = [rule for rule in bounds.sessions if not _in_session(rule, say, record, at)]
        refused += [_reason("not_in_session", rule) for rule in outside]
    if bounds.addresses:
        refused += [_reason("address_refused", rule) for rule in bounds.addresses if _badly_addressed(rule, record)]
    if bounds.numbers:
        refused += [_reason("number_refused", rule) for rule in bounds.numbers if _badly_numbered(rule, record)]
    if bounds.mandatory:
        refused += _missing(say, bounds)
    if bounds.consents:
        lacking, warned = _consented(say, record, bounds, code, at)
        refused += lacking
    return tuple(refused), warned


def _reason(code: str, rule: Scoped, detail: str = "") -> Reason:
    return Reason(code, (rule.id,), rule.layer, detail)


def _closed(rule: BanRule) -> Reason:
    return _reason("channel_closed", rule)


def _banned(rule: BanRule, say: Say, record: Record) -> bool:
    of_topic = not rule.topics or any(topic in rule.topics for topic in say.topics)
    return of_topic and (not rule.registers or any(one in rule.registers for one in record.registers))


def _in_session(rule: SessionRule, say: Say, record: Record, at: datetime) -> bool:
    return not _asks_session(rule, record) or _session_end(rule, say, record, at) is not None


def _asks_session(rule: SessionRule, record: Record) -> bool:
    return record.free_form or not rule.free_form


def _session_end(rule: SessionRule, say: Say, record: Record, at: datetime) -> datetime | None:
    span = timedelta(hours=rule.agent_hours if say.origin == "agent" and rule.agent_hours else rule.hours)
    heard = [one.at for one in record.inbound if one.channel == say.channel]
    if say.answers_at is not None:
        heard.append(say.answers_at)
    return max((one + span for one in heard if timedelta(0) <= at - one < span), default=None)


def soonest(until: datetime, say: Say, record: Record, bounds: Profile, at: datetime) -> datetime:
    """The deadline `until`, or the end of the conversation or of the consent that allows the message, if sooner."""
    ends = [_session_end(rule, say, record, at) for rule in bounds.sessions if _asks_session(rule, record)]
    ends += [_consent_end(rule, record.consents or (), say.channel) for rule in bounds.consents if rule.max_age_days]
    return min((until, *(end for end in ends if end)))


def _consent_end(rule: ConsentRule, consents: tuple[Consent, ...], channel: str) -> datetime | None:
    """When the youngest yes grows too old; one without a date does not."""
    given = [one.at for one in _of_channel(consents, channel) if one.granted]
    dated = [at for at in given if at is not None]
    return None if len(dated) < len(given) or not dated else max(dated) + timedelta(days=rule.max_age_days)


def _badly_addressed(rule: AddressRule, record: Record) -> bool:
    return record.address_source in rule.refuses


def _badly_numbered(rule: NumberRule, record: Record) -> bool:
    if record.caller is None:
        return False
    digits = record.caller.lstrip("+")
    return not digits or bool(rule.prefixes and not digits.startswith(rule.prefixes))


def _missing(say: Say, bounds: Profile) -> list[Reason]:
    text = texts(say.content) if bounds.mandatory else ""
    # A plan is judged before its words are chosen; the message is judged again with them.
    return [_reason("words_missing", rule) for rule, wanted in bounds.mandatory if text and not spoken(text, wanted)]


def _of_channel(consents: tuple[Consent, ...], channel: str) -> list[Consent]:
    return [one for one in consents if one.channel in ("*", channel)]


def _said_no(consents: tuple[Consent, ...], channel: str) -> bool:
    for one in consents:  # noqa: SIM110 - a plain loop, here and below: each judgement comes through, and it is quicker
        if not one.granted and one.channel in ("*", channel):
            return True
    return False


def _consented(
    say: Say, record: Record, bounds: Profile, code: CountryRules, at: datetime
) -> tuple[list[Reason], tuple[Reason, ...]]:
    lacking: list[Reason] = []
    assumed: list[Reason] = []
    said = record.consents
    # Who only said no to other channels agreed to none by name. Where a law wants a yes that is none; the house's own
    # wish for one is met as where nobody says.
    only_no = bool(said) and not any(one.granted for one in said or ())
    for rule in bounds.consents:
        unsaid = said is None or (only_no and rule.layer == "policy")
        if unsaid and rule.evidence == "contract" and code.assume_consent:
            assumed.append(_reason("consent_assumed", rule))
        elif not _granted(rule, record.consents or (), say.channel, at):
            lacking.append(_reason("no_consent", rule))
    return lacking, tuple(assumed)


def _granted(rule: ConsentRule, consents: tuple[Consent, ...], channel: str, at: datetime) -> bool:
    youngest = at - timedelta(days=rule.max_age_days) if rule.max_age_days else None
    for one in consents:
        if one.granted and one.channel in ("*", channel) and (youngest is None or one.at is None or one.at > youngest):
            return True
    return False
