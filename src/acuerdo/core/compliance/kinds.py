"""The kinds of rule that a law pack may hold: what each limits, with its values."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from acuerdo.core.compliance.record import AddressSource, Role
from acuerdo.core.messages import Origin, Topic
from acuerdo.core.words import Layer, Mode, Ownership, Purpose

Status = Literal["verified_text", "press", "recalled", "open"]
Period = Literal["day", "week", "rolling_7d", "calendar_week", "month", "rolling_31d"]
Scope = Literal["person", "account", "channel", "mode"]
Value = bool | int | str
Freed = Literal["window", "holiday", "cap", "spacing", "exclusivity", "quiet_after"]
Stop = Literal[
    "opted_out", "on_hold", "stopped", "not_on_allow_list", "zone_unknown", "window_ending", "no_lawful_moment",
    "person_hours", "future_history", "strict_default", "no_consent",
]  # fmt: skip
Moment = Literal["first_contact", "first_screen", "every_document", "before_agency", "agreement", "report"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule carries.

    `effective_to` is the first day no longer in force; `when` binds it to options; `countries` and `within` to places
    ("SP", "NY/New York"), none named meaning all; `replaces` names the rule that it follows in time.
    """

    id: str
    limits: str
    layer: Layer
    status: Status
    article: str = ""
    source: tuple[str, ...] = ()
    note: str = ""
    needs_counsel: bool = False
    enforced: bool = True
    effective_from: date | None = None
    effective_to: date | None = None
    when: dict[str, Value] = {}
    countries: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    replaces: str = ""


class Scoped(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule on how the person is contacted; what is not named is not asked, so none named means all.

    `ownership` may hold "" for a debt of which it is not known whose it is.
    """

    modes: tuple[Mode, ...] = ()
    channels: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    ownership: tuple[Ownership | Literal[""], ...] = ()
    origins: tuple[Origin, ...] = ()


class WindowRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When contact is allowed: weekdays (`mon`, `mon-fri`) to local spans ("07:00-19:00"); other days are closed.

    `yields`: the person may ask in writing, after the contract, for other hours, which then stand in its place.
    """

    hours: dict[str, tuple[str, ...]]
    yields: bool = False


class MarginRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many minutes at the end of every window are kept free, so that a late delivery still falls inside it."""

    minutes: int


class HolidayRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No contact on public holidays, nor on municipal days.

    `calendar` takes the country's calendar; `municipal` is "SUBDIVISION/Town" to days: dates, days of every year
    ("12-06") or days after Easter Sunday (50). `days` and `easter` are such days for the whole country.
    """

    calendar: bool = True
    municipal: dict[str, tuple[Any, ...]] = {}
    days: tuple[str, ...] = ()
    easter: tuple[int, ...] = ()


class CapRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most `max` attempts (or contacts: the person was reached) in a period; `week` follows the option `week`.

    `scope`: all of the person's, or only those on the same account, channel or mode. `unreached`: modes of which every
    attempt counts, where otherwise only contacts do.
    """

    max: int
    per: Period
    unit: Literal["attempt", "contact"] = "attempt"
    unreached: tuple[Mode, ...] = ()
    scope: Scope = "person"


class SpacingRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attempts at least `hours` apart, or on local dates at least `days` apart: one of the two."""

    hours: int = 0
    days: int = 0
    scope: Scope = "person"


class ExclusivityRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After a contact that reached the person (or any attempt), no other channel in the period."""

    per: Period
    trigger: Literal["contact", "attempt"] = "contact"


class QuietRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No attempt for `days` after the person was reached, replies included."""

    days: int
    scope: Scope = "person"


class ExemptionRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Purposes that some limits do not stop; `counts` says whether such attempts still count against others."""

    purposes: tuple[Purpose, ...]
    frees: tuple[Freed, ...]
    counts: bool = True


class IdentityRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The only topics a message may touch before the person has proved who they are."""

    topics: tuple[Topic, ...]


class WordingRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wordings that never leave: patterns on plain text, tried at loading on the rule's own examples.

    `stems` are pieces of words, one of which every match contains; `{affirmed}` in a pattern means that no negation
    stands just before. `catches` must be caught and `lets_pass` must not. No `origins` or `channels` named means all;
    `time_barred`: only where the debt can no longer be sued for.
    """

    stems: tuple[str, ...]
    says: tuple[str, ...]
    catches: tuple[str, ...]
    lets_pass: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    channels: tuple[str, ...] = ()
    time_barred: bool = False


class MandatoryRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an outbound text must hold: one of the patterns of `says`, tried at loading on `fine` and `lacks`."""

    says: tuple[str, ...]
    fine: tuple[str, ...]
    lacks: tuple[str, ...]


class PartiesRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Roles that are never contacted about somebody's debt."""

    refuses: tuple[Role, ...]


class ConsentRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The channel needs the person's yes: warranted by the creditor (`contract`), or on file (`explicit`).

    A yes older than `max_age_days` (0: no limit) no longer counts.
    """

    evidence: Literal["contract", "explicit"]
    max_age_days: int = 0


class BanRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Never: this channel or mode, for such debts and purposes.

    With `topics`, only a text that touches one; with `registers`, only who is in one of them ("rne").
    """

    topics: tuple[Topic, ...] = ()
    registers: tuple[str, ...] = ()


class SessionRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only within `hours` of the person's last message on that channel (`agent_hours` for a human's).

    `free_form`: only for texts that are not approved templates.
    """

    hours: int
    agent_hours: int = 0
    free_form: bool = False


class AddressRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses that are not used, by where they came from."""

    refuses: tuple[AddressSource, ...]


class NumberRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number a call shows: never hidden, and with one of the prefixes where any are named."""

    prefixes: tuple[str, ...] = ()


class StopRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands behind a stop that the guard itself knows: an opt-out, a hold, stop-all, an unknown zone."""

    stops: tuple[Stop, ...]


class WarningRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning that a clearance carries about the debt."""

    about: Literal["time_barred"]


class RetentionRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days the evidence of a contact is kept, counted from the contact."""

    days: int


class NoticeRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be told, and when; `tells` are words of NOTICES, `value` says it for a reader."""

    moment: Moment
    tells: tuple[str, ...]
    value: str


class ListedRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A duty that limits no single contact and that people hold, not the guard: it must say `enforced = false`."""

    value: str


LISTED = ("script", "notice", "register", "fees", "conduct", "sanction", "scope", "reporting")
KINDS: dict[str, type[Rule]] = {
    "window": WindowRule,
    "margin": MarginRule,
    "holiday": HolidayRule,
    "cap": CapRule,
    "spacing": SpacingRule,
    "exclusivity": ExclusivityRule,
    "quiet_after": QuietRule,
    "exemption": ExemptionRule,
    "identity": IdentityRule,
    "wording": WordingRule,
    "mandatory": MandatoryRule,
    "parties": PartiesRule,
    "consent": ConsentRule,
    "ban": BanRule,
    "session": SessionRule,
    "address": AddressRule,
    "numbering": NumberRule,
    "stop": StopRule,
    "warning": WarningRule,
    "retention": RetentionRule,
    **dict.fromkeys(LISTED, ListedRule),
}
# What a country may want told about a debt, in the words that screens and flows use.
NOTICES: dict[str, str] = {
    "collector": "quién cobra: nombre de la agencia y de la persona o del asistente",
    "creditor": "por encargo de quién se cobra",
    "collector_address": "domicilio, teléfono y responsables de quien cobra",
    "contract": "el contrato u operación de donde viene la deuda",
    "amount": "cuánto se debe y a qué fecha se calculó",
    "due_date": "cuándo venció",
    "settle": "cómo puede quedar al día o saldar",
    "complaints": "dónde se reclama ante la entidad",
    "pay_creditor": "que se paga solo a la entidad acreedora",
    "tax_id": "nombre, domicilio y CPF o CNPJ del acreedor",
    "data_source": "de dónde vienen los datos, cuando la deuda se cedió",
    "ai": "que habla con un asistente automático",
    "human": "que puede hablar con una persona",
    "opt_out": "cómo dejar de recibir mensajes",
    "debt_collector": "que es un cobrador que intenta cobrar una deuda",
    "validation": "la información de validación de la deuda y cómo disputarla",
    "report": "que el incumplimiento puede informarse a centrales de riesgo o ficheros de solvencia, y cuándo",
    "agency": "que una agencia interviene: nombre, domicilio, teléfonos y facultades",
    "written": "constancia escrita del acuerdo",
    "certificate": "certificado de pago después de pagar",
}
