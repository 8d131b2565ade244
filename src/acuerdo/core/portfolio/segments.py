"""Segments as data: ordered conditions over accounts, each with its strategy; the first that holds wins."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Literal, get_args

import msgspec

from acuerdo.core.portfolio import toml_text
from acuerdo.core.portfolio.criteria import Amounts, BadCriterion, Criterion, amounts_by_currency, compile_criterion
from acuerdo.core.portfolio.standing import Scoring, Standing
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.words import CURRENCY_OF, Money, derive

Handler = Literal["bot", "person"]
Stage = Literal["current", "early", "mid", "late"]
Tone = Literal["warm", "neutral", "formal"]
# The same words as a payment schedule's, which lives a floor above.
Every = Literal["weekly", "biweekly", "quincena", "monthly"]

# Up to this day past due the bot may negotiate; from the next one on, only a person does.
LAST_BOT_DAY = 60


class Grant(msgspec.Struct, frozen=True):
    """What may be conceded in a segment: a negotiation's authority, its least payment by currency."""

    max_installments: int = 1
    max_discount_pct: Decimal = Decimal(0)
    min_down_pct: Decimal = Decimal(0)
    min_installment: dict[str, Money] = {}
    longest_first_payment_days: int = 30
    longest_promise_days: int = 30
    frequency: Every = "monthly"


class Segment(msgspec.Struct, frozen=True):
    """One segment: who is in it (`criteria`, all of them) and how it is treated.

    `channels` are tried in order; `invite` False means that nobody writes first, though who comes is attended. Where
    segments overlap the lowest `rank` wins, and among equal ones the first in the file.
    """

    name: str
    title: str
    criteria: tuple[Criterion, ...]
    channels: tuple[str, ...]
    flow: str
    tone: Tone
    handler: Handler
    invite: bool
    stage: Stage
    grant: Grant
    rank: int = 0

    def authority(self, currency: str) -> dict[str, Any]:
        """The keyword arguments of a negotiation's Authority for an account in `currency`."""
        terms = msgspec.structs.asdict(self.grant)
        return terms | {"min_installment": self.grant.min_installment.get(currency), "id": self.name}


class Segments(msgspec.Struct, frozen=True):
    """A whole file of segments, in order; `id` is derived from its text, so that a fact can name the one it used."""

    id: str
    all: tuple[Segment, ...]
    scoring: Scoring

    def named(self, name: str) -> Segment:
        """The segment of that name. Raises TomlError naming those there are."""
        for segment in self.all:
            if segment.name == name:
                return segment
        names = [segment.name for segment in self.all]
        near = get_close_matches(name, names, n=1)
        hint = f"¿quiso decir «{near[0]}»?" if near else f"los hay: {', '.join(names)}"
        raise TomlError(f"no hay segmento «{name}»; {hint}")


class Assignment(msgspec.Struct, frozen=True):
    """The segment of an account, and each condition it met, in Spanish and with the account's own value."""

    segment: Segment
    why: tuple[str, ...]


_LEFT_OVER = ("ningún segmento anterior le corresponde",)


def assign(of: Standing, segments: Segments) -> Assignment:
    """The first segment whose every condition holds; a loaded file always has one."""
    for segment in segments.all:
        for criterion in segment.criteria:
            if not criterion.test(of):
                break
        else:
            why = tuple([criterion.why(of) for criterion in segment.criteria])
            return Assignment(segment, why or _LEFT_OVER)
    raise LookupError("a loaded file ends with a segment for everyone")


class _Reader(msgspec.Struct, frozen=True):
    """One table of the file while it is read: knows where it is, so that each complaint does."""

    text: str
    source: str
    table: str
    nth: int = 0
    label: str = ""

    def fail(self, message: str, key: str = "") -> TomlError:
        where = toml_text.at(self.source, toml_text.line_of(self.text, self.table, key, self.nth))
        named = f" segmento «{self.label}»" if self.label else ""
        return TomlError(f"{where}:{named}{f', clave {key}' if key else ''}: {message}")

    def only(self, raw: Any, allowed: Sequence[str], key: str = "") -> dict[str, Any]:
        """A table with no keys but those allowed."""
        if not isinstance(raw, dict):
            raise self.fail("debe ser una tabla", key)
        for name in raw:
            if name not in allowed:
                near = get_close_matches(name, allowed, n=1)
                hint = f"¿quiso decir «{near[0]}»?" if near else f"las hay: {', '.join(allowed)}"
                raise self.fail(f"no se conoce esta clave; {hint}", name)
        return raw

    def word(self, raw: dict[str, Any], key: str, default: str | None = None) -> str:
        value = raw.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.fail("falta, o no es un texto entre comillas", key)
        return value

    def one_of(self, raw: dict[str, Any], key: str, allowed: Any, default: str | None = None) -> Any:
        value = self.word(raw, key, default)
        if value not in get_args(allowed):
            raise self.fail(f"«{value}» no vale; use: {', '.join(get_args(allowed))}", key)
        return value

    def number(self, raw: dict[str, Any], key: str, least: int, most: int, default: int | None = None) -> int:
        value = raw.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.fail(f"debe ser un número entero de {least} a {most}", key)
        return value

    def percent(self, raw: dict[str, Any], key: str) -> Decimal:
        try:
            value = Decimal(str(raw.get(key, 0)))
        except InvalidOperation:
            value = Decimal(-1)
        if not value.is_finite() or not 0 <= value < 100:
            raise self.fail("debe ser un porcentaje de 0 a menos de 100", key)
        return value


def load_segments(text: str, source: str = "segments.toml") -> Segments:
    """Segments from their TOML text, checked whole.

    Raises TomlError (Spanish) naming file, line, segment and key; also when a bot would negotiate beyond day 60, when a
    segment can never be reached, or when the last one is not for everyone.
    """
    top = _Reader(text, source, "")
    raw = top.only(toml_text.parse(text, source), ("amounts", "score", "segments"))
    amounts = _amounts(_Reader(text, source, "amounts"), raw.get("amounts", {}))
    listed = raw.get("segments")
    if not isinstance(listed, list) or not listed:
        raise top.fail("no hay ningún [[segments]]")
    found = tuple(_segment(_Reader(text, source, "segments", nth), one, amounts) for nth, one in enumerate(listed))
    _ordered(found, text, source)
    found = (*sorted(found[:-1], key=lambda one: one.rank), found[-1])
    return Segments(derive(text), found, _scoring(_Reader(text, source, "score"), raw.get("score", {})))


def _amounts(reader: _Reader, raw: Any) -> Amounts:
    if not isinstance(raw, dict):
        raise reader.fail("debe contener una tabla por nombre, por ejemplo [amounts.high]")
    found = {}
    for name, table in raw.items():
        try:
            found[name] = amounts_by_currency(table)
        except BadCriterion as error:
            raise msgspec.structs.replace(reader, table=f"amounts.{name}").fail(str(error)) from error
    return found


def _scoring(reader: _Reader, raw: Any) -> Scoring:
    weights = ("amount", "days", "behaviour")
    reader.only(raw, (*weights, "large"))
    amount, days, behaviour = (reader.number(raw, name, 0, 100, default=1) for name in weights)
    if not amount + days + behaviour:
        raise reader.fail("al menos un peso debe ser mayor que 0")
    try:
        large = amounts_by_currency(raw.get("large", dict.fromkeys(CURRENCY_OF.values(), 1000)))
    except BadCriterion as error:
        raise reader.fail(str(error), "large") from error
    if any(one.minor <= 0 for one in large.values()):
        raise reader.fail("los importes deben ser mayores que 0", "large")
    return Scoring(amount, days, behaviour, {currency: one.minor for currency, one in large.items()})


_KEYS = ("name", "title", "rank", "when", "strategy", "authority")
_STRATEGY = ("channels", "flow", "tone", "handler", "invite", "stage")


def _segment(reader: _Reader, raw: Any, amounts: Amounts) -> Segment:
    reader = msgspec.structs.replace(reader, label=str(raw.get("name", reader.nth + 1)))
    reader.only(raw, _KEYS)
    strategy = reader.only(raw.get("strategy", {}), _STRATEGY, "strategy")
    criteria = _criteria(reader, raw.get("when", {}), amounts)
    handler: Handler = reader.one_of(strategy, "handler", Handler)
    if handler == "bot":
        _bot_stops_in_time(reader, criteria)
    invite = strategy.get("invite")
    if not isinstance(invite, bool):
        raise reader.fail("falta: escriba true o false", "invite")
    return Segment(
        name=reader.word(raw, "name"), title=reader.word(raw, "title"), criteria=criteria,
        channels=_channels(reader, strategy, invite), flow=reader.word(strategy, "flow"),
        tone=reader.one_of(strategy, "tone", Tone, "warm"), handler=handler, invite=invite,
        stage=reader.one_of(strategy, "stage", Stage), grant=_grant(reader, raw.get("authority", {})),
        rank=reader.number(raw, "rank", 0, 1_000_000, default=0),
    )  # fmt: skip


def _criteria(reader: _Reader, raw: Any, amounts: Amounts) -> tuple[Criterion, ...]:
    if not isinstance(raw, dict):
        raise reader.fail("debe ser una tabla de condiciones", "when")
    country = raw.get("country")
    named = [country] if isinstance(country, str) else country
    countries = tuple(one for one in named if one in CURRENCY_OF) if isinstance(named, list) else tuple(CURRENCY_OF)
    found = []
    for name, value in raw.items():
        try:
            found.append(compile_criterion(name, value, amounts, countries))
        except BadCriterion as error:
            raise reader.fail(str(error), name) from error
    # Days past due shut most accounts out, and cheaply.
    return tuple(sorted(found, key=lambda criterion: criterion.name != "dpd"))


def _bot_stops_in_time(reader: _Reader, criteria: tuple[Criterion, ...]) -> None:
    most = next((criterion.bounds[1] for criterion in criteria if criterion.name == "dpd"), None)
    if most is None or most > LAST_BOT_DAY:
        raise reader.fail(
            f"alcanza cuentas de más de {LAST_BOT_DAY} días de mora, y ahí el asistente no negocia: ponga"
            f' handler = "person", o dpd = {{ max = {LAST_BOT_DAY} }}',
            "handler",
        )


def _channels(reader: _Reader, strategy: dict[str, Any], invite: bool) -> tuple[str, ...]:
    listed = strategy.get("channels", [])
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise reader.fail('debe ser una lista de canales en orden, por ejemplo ["sms"]', "channels")
    if len(set(listed)) != len(listed):
        raise reader.fail("un canal está dos veces", "channels")
    if invite and not listed:
        raise reader.fail("invita pero no dice por qué canales", "channels")
    return tuple(listed)


def _grant(reader: _Reader, raw: Any) -> Grant:
    reader.only(raw, Grant.__struct_fields__, "authority")
    try:
        least = amounts_by_currency(raw["min_installment"]) if "min_installment" in raw else {}
    except BadCriterion as error:
        raise reader.fail(str(error), "min_installment") from error
    return Grant(
        max_installments=reader.number(raw, "max_installments", 1, 360, default=1),
        max_discount_pct=reader.percent(raw, "max_discount_pct"),
        min_down_pct=reader.percent(raw, "min_down_pct"),
        min_installment=least,
        longest_first_payment_days=reader.number(raw, "longest_first_payment_days", 0, 365, default=30),
        longest_promise_days=reader.number(raw, "longest_promise_days", 0, 365, default=30),
        frequency=reader.one_of(raw, "frequency", Every, "monthly"),
    )


def _ordered(segments: tuple[Segment, ...], text: str, source: str) -> None:
    """Names once each; only the last is for everyone, and it is there."""
    names: set[str] = set()
    for nth, segment in enumerate(segments):
        reader = _Reader(text, source, "segments", nth, segment.name)
        if segment.name in names:
            raise reader.fail("ya hay otro segmento con este nombre", "name")
        names.add(segment.name)
        if not segment.criteria and nth < len(segments) - 1:
            raise reader.fail("no tiene condiciones, así que los siguientes nunca se alcanzan: póngalo el último")
    if segments[-1].criteria:
        reader = _Reader(text, source, "segments", len(segments) - 1, segments[-1].name)
        raise reader.fail("el último segmento no debe tener condiciones, para que ninguna cuenta quede fuera", "when")
