"""Situations as JSON lines, and the guard's word on each: what `acuerdo law judge --jsonl` speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec

from acuerdo.core.compliance import (
    Attempt,
    Cleared,
    Consent,
    Hold,
    Inbound,
    NotYet,
    OptOut,
    Record,
    Refused,
    Rules,
    Verdict,
    judge,
)
from acuerdo.core.compliance.places import place
from acuerdo.core.compliance.record import AddressSource, Role
from acuerdo.core.messages import Content, Origin, Say, Topic
from acuerdo.core.words import (
    AccountId,
    AcuerdoError,
    CreditorId,
    HoldKind,
    Layer,
    Mode,
    Ownership,
    PersonId,
    Purpose,
    aware,
)
from acuerdo.service.law import Options, compiled, flat, operator_options

CREDITOR = "creditor"
# Other names by which a channel, a role or an owner may go.
CHANNELS = {"phone": "voice", "call": "voice", "facebook": "messenger", "facebook_messenger": "messenger"}
MODES: dict[str, Mode] = {"voice": "voice", "visit": "visit"}


class SaidConsent(msgspec.Struct, forbid_unknown_fields=True):
    """A yes or no with its date."""

    channel: str
    granted: bool = True
    at: datetime | None = None


class SaidOptOut(msgspec.Struct, forbid_unknown_fields=True):
    """An opt-out of a channel ("*" or "all": every one), at one address or at all."""

    channel: str = "*"
    address: str = ""


class SaidHold(msgspec.Struct, forbid_unknown_fields=True):
    """A hold; without `since` it has begun, without `until` it has no end."""

    kind: HoldKind
    since: datetime | None = None
    until: datetime | None = None
    creditor: str = ""


class SaidInbound(msgspec.Struct, forbid_unknown_fields=True):
    """When the person last wrote, and on which channel ("": the message's)."""

    at: datetime
    channel: str = ""


class SaidAttempt(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the history; what the person began has the purpose `inbound`, and they took part in it."""

    at: datetime
    channel: str = "sms"
    mode: Mode | None = None
    account: str | None = None
    reached: bool = False
    purpose: Purpose | Literal["inbound"] | None = None
    zones: tuple[str, ...] = ()


class Situation(msgspec.Struct, forbid_unknown_fields=True):
    """One situation; what is absent (or null) has the default written here."""

    at: datetime
    jurisdiction: str | None = None
    subdivision: str | None = None
    municipality: str | None = None
    zones: tuple[str, ...] | None = None
    channel: str | None = None
    mode: Mode | None = None
    purpose: Purpose | None = None
    role: Role | None = None
    ownership: Ownership | Literal["third_party", ""] | None = None
    debtor: str | None = None
    account: str | None = None
    days_past_due: int | None = None
    consents: tuple[str | SaidConsent, ...] | dict[str, bool] | None = None
    opt_outs: tuple[str | SaidOptOut, ...] | None = None
    holds: tuple[str | SaidHold, ...] | None = None
    options: dict[str, Any] | None = None
    text: str | None = None
    history: tuple[SaidAttempt, ...] | None = None
    reply_to: datetime | SaidInbound | None = None
    id: str | int | None = None
    country: str | None = None
    creditor: str | None = None
    origin: Origin = "bot"
    identified: bool = False
    topics: tuple[Topic, ...] = ("creditor",)
    limitation_date: date | None = None
    time_barred: bool = False
    address: str = ""
    address_source: AddressSource = ""
    caller: str | None = None
    free_form: bool = False
    inbound: tuple[SaidInbound, ...] = ()
    hours: tuple[str, ...] = ()
    hours_agreed: bool = False
    registers: tuple[str, ...] = ()
    stopped: bool = False


class Cited(msgspec.Struct):
    """A rule that spoke."""

    id: str
    layer: Layer


class Answer(msgspec.Struct, omit_defaults=False):
    """The guard's word: `until` is the first lawful moment of what is not yet, `deadline` the last of what is cleared.

    `why` are codes of REASONS, in the order in which they were given.
    """

    verdict: Literal["cleared", "not_yet", "refused"]
    until: datetime | None
    deadline: datetime | None
    rules: tuple[Cited, ...]
    why: tuple[str, ...]
    id: str | int | msgspec.UnsetType = msgspec.UNSET


class BadLine(msgspec.Struct):
    """What is wrong with a line, and which."""

    error: str


_lines: msgspec.json.Decoder[Situation] = msgspec.json.Decoder(Situation)
_encoder = msgspec.json.Encoder()


def answers(lines: Iterable[bytes]) -> Iterator[bytes]:
    """One JSON line for each: the guard's word, or `{"error": ...}`; a bad line never stops the others.

    Raises PackError where the packs or the operator's options cannot be trusted: then nothing is judged.
    """
    operator_options()
    for number, line in enumerate(lines, 1):
        yield _encoder.encode(_answered(line, number)) + b"\n"


def _answered(line: bytes, number: int) -> Answer | BadLine:
    try:
        said = _lines.decode(line)
        return answer(said)
    except (AcuerdoError, msgspec.DecodeError) as error:
        return BadLine(f"line {number}: {error}")
    except Exception as error:  # whatever else fails, it is told on its line, and nothing is cleared by it
        return BadLine(f"line {number}: it cannot be judged ({type(error).__name__}: {error})")


def answer(said: Situation, rules_of: Callable[[date, Options], Rules] = compiled) -> Answer:
    """The guard's word on one situation, by the rules of its day under its options.

    Raises AcuerdoError for what cannot be judged, saying how to mend it.
    """
    at = aware(said.at)
    record = _record(said, at)
    rules = rules_of(_day(record, at), _options(said.options))
    say = _say(said, record, at)
    verdict = judge(say, record, rules, at)
    # A rule may begin, or end, before the moment to which it is put off: that day's rules have the last word.
    while isinstance(verdict, NotYet):
        later = rules_of(_day(record, verdict.until), _options(said.options))
        if later is rules:
            break
        rules, again = later, judge(say, record, later, verdict.until)
        if isinstance(again, Cleared):
            break
        why = tuple(dict.fromkeys((*verdict.why, *again.why)))
        verdict = NotYet(again.until, why) if isinstance(again, NotYet) else Refused(why)
    return _told(verdict, said.id)


def _day(record: Record, at: datetime) -> date:
    """The date, where the person is, by which rules are in force."""
    zones = place(record.country, record.subdivision, record.zones, record.pack).zones
    return at.astimezone(zones[0] if zones else UTC).date()


def _options(asked: Mapping[str, Any] | None) -> tuple[tuple[str, object], ...]:
    if not asked:
        return operator_options()
    options = dict(operator_options()) | flat(asked)
    if any(not isinstance(value, bool | int | str) for value in options.values()):
        raise AcuerdoError("options are words, numbers, true or false; write them as on the page of the pack")
    return tuple(sorted(options.items()))


def _told(verdict: Verdict, name: str | int | None) -> Answer:
    rules = dict.fromkeys((rule, reason.layer) for reason in verdict.why for rule in reason.rules)
    return Answer(
        verdict="cleared" if isinstance(verdict, Cleared) else "not_yet" if isinstance(verdict, NotYet) else "refused",
        until=verdict.until if isinstance(verdict, NotYet) else None,
        deadline=verdict.deadline if isinstance(verdict, Cleared) else None,
        rules=tuple(Cited(rule, layer) for rule, layer in rules),
        why=tuple(dict.fromkeys(reason.code for reason in verdict.why)),
        id=msgspec.UNSET if name is None else name,
    )


@lru_cache(maxsize=4096)
def _channel(name: str | None) -> str:
    plain = (name or "sms").strip().lower()
    return CHANNELS.get(plain, plain)


def _say(said: Situation, record: Record, at: datetime) -> Say:
    channel = _channel(said.channel)
    return Say(
        key="", content=Content(said.text or ""), channel=channel, purpose=said.purpose or "collection",
        creditor=CreditorId(said.creditor or CREDITOR), person=PersonId(said.debtor or "debtor"),
        mode=said.mode or MODES.get(channel, "text"), origin=said.origin,
        account=AccountId(said.account) if said.account else None, topics=said.topics,
        answers_at=_answered_at(said, channel), address_hash=said.address,
    )  # fmt: skip


def _answered_at(said: Situation, channel: str) -> datetime | None:
    """When the message came that is answered; one that came on another channel is not answered here."""
    if said.reply_to is None:
        return None
    if isinstance(said.reply_to, datetime):
        return aware(said.reply_to)
    same = not said.reply_to.channel or _channel(said.reply_to.channel) == channel
    return aware(said.reply_to.at) if same else None


DEFAULTS = ("strict", "ultra")


def _record(said: Situation, at: datetime) -> Record:
    jurisdiction = (said.jurisdiction or "").strip()
    pack = jurisdiction.lower() if jurisdiction.lower() in DEFAULTS else ""
    town = f"/{said.municipality.strip()}" if said.municipality else ""
    return Record(
        country=(said.country or "") if pack else jurisdiction,
        pack=pack,
        subdivision=f"{(said.subdivision or '').strip()}{town}",
        zones=said.zones or (),
        attempts=tuple(_attempt(one) for one in said.history or ()),
        opt_outs=tuple(_opt_out(one) for one in said.opt_outs or ()),
        holds=tuple(_hold(one, at) for one in said.holds or ()),
        identified=said.identified,
        stopped=said.stopped,
        consents=_consents(said.consents),
        role=said.role or "debtor",
        ownership="agency" if said.ownership == "third_party" else said.ownership or "",
        days_past_due=said.days_past_due,
        limitation_date=said.limitation_date,
        time_barred=said.time_barred,
        address_source=said.address_source,
        caller=said.caller,
        free_form=said.free_form,
        inbound=tuple(Inbound(_channel(one.channel or said.channel), aware(one.at)) for one in said.inbound),
        hours=said.hours,
        hours_agreed=said.hours_agreed,
        registers=said.registers,
    )


def _attempt(one: SaidAttempt) -> Attempt:
    channel = _channel(one.channel)
    purpose: Purpose = "reply" if one.purpose == "inbound" else one.purpose or "collection"
    return Attempt(
        at=aware(one.at), channel=channel, mode=one.mode or MODES.get(channel, "text"),
        reached=one.reached or one.purpose == "inbound", purpose=purpose, account=one.account or "", zones=one.zones,
    )  # fmt: skip


def _opt_out(one: str | SaidOptOut) -> OptOut:
    name, address = (one, "") if isinstance(one, str) else (one.channel, one.address)
    return OptOut("*" if name.strip().lower() in ("*", "all") else _channel(name), address)


def _hold(one: str | SaidHold, at: datetime) -> Hold:
    if isinstance(one, str):
        one = msgspec.convert({"kind": one}, SaidHold)
    until = aware(one.until) if one.until else None
    return Hold(one.kind, aware(one.since) if one.since else at, until, one.creditor)


def _consents(said: tuple[str | SaidConsent, ...] | dict[str, bool] | None) -> tuple[Consent, ...] | None:
    if said is None:
        return None
    if isinstance(said, dict):
        return tuple(Consent(_of_all(name), granted) for name, granted in said.items())
    return tuple(
        Consent(_of_all(one)) if isinstance(one, str) else Consent(_of_all(one.channel), one.granted, one.at)
        for one in said
    )


def _of_all(name: str) -> str:
    return "*" if name.strip().lower() in ("*", "all") else _channel(name)
