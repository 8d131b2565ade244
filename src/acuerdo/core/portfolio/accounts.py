"""Rows to accounts: what is owed, since when, and how it was paid."""

from __future__ import annotations

from datetime import date, timedelta

from acuerdo.core.portfolio import amounts
from acuerdo.core.portfolio.records import AccountRecord
from acuerdo.core.portfolio.row import MISSING, MONEY, Row
from acuerdo.core.portfolio.slips import Bad
from acuerdo.core.words import CURRENCY_OF, Money

# Balances made of parts may differ from their sum by rounding alone.
_ROUNDING_MINOR = 100
# Files are cut up to a month before they arrive: so far may stated and counted days past due lie apart unremarked.
_CUT_OFF_LAG = 31
# Where the day of the cut is stated, only ways of counting (months of thirty days, working days) lie between them.
_COUNTING_LAG = 10
_CREDIT = Bad(
    "credit_balance", "es un saldo a favor de la persona, que no debe nada",
    "un saldo a favor no se cobra: quite la fila, o escriba en positivo lo que la persona debe",
)  # fmt: skip
_PAID_AND_OWED = Bad(
    "paid_with_balance", "dice que está pagada, y trae un saldo por cobrar",
    "entró como pagada y no se cobra: si todavía se debe, corrija el estado; si no, ponga el saldo en 0",
)  # fmt: skip


def account_of(row: Row) -> AccountRecord | None:
    """One debt; None when its balance cannot be used."""
    said, desk = row.said, row.desk
    currency = said.get("currency") or _currency_of_sign(row)
    as_of = said.get("as_of") or desk.terms.at
    balance = _balance(row, currency)
    due, days = _due(row, as_of)
    for column in ("external_id", "product"):
        if column not in said:
            row.blame(column, MISSING)
    principal, interest, fees, installment, minimum = _amounts(row, currency)
    if balance is None:
        return None
    _parts_disagree(row, balance, (principal, interest, fees))
    if balance.minor and said.get("status") == "paid":
        row.blame("status", _PAID_AND_OWED, kept=True)
    total = said.get("installments_total")
    paid, overdue = said.get("installments_paid"), said.get("installments_overdue")
    if total is not None:
        _installments_disagree(row, total, (paid or 0) + (overdue or 0))
    return AccountRecord(
        said.get("external_id", ""), said.get("product", ""), balance, principal, interest, fees, currency, due, days,
        as_of, said.get("opened"), said.get("last_payment_date"), said.get("late_payments_12m", 0),
        said.get("status") or ("active" if balance.minor else "paid"), installment, minimum,
        said.get("limitation_date"), total, paid, overdue,
    )  # fmt: skip


def _amounts(row: Row, currency: str) -> list[Money | None]:
    """Every amount beside the balance, in the order of MONEY."""
    cells, money = row.cells, row.desk.money(currency)
    found: list[Money | None] = []
    for column in MONEY[1:]:
        raw = cells.get(column)
        amount = money[column][raw] if raw else None
        if amount.__class__ is Bad:
            row.blame(column, amount)
            amount = None
        found.append(amount)
    return found


def _currency_of_sign(row: Row) -> str:
    """The currency of a row that names none: that of its balance's own sign, else the country's."""
    country = row.desk.country
    stated = amounts.stated_in(row.cells.get("balance", ""), country)
    return stated if stated in row.desk.accepted else CURRENCY_OF[country]


def _balance(row: Row, currency: str) -> Money | None:
    raw = row.cells.get("balance", "")
    found = row.desk.money(currency)["balance"][raw]
    if found.__class__ is Money:
        balance: Money = found
        return balance
    if found is not None and found.code == "amount_negative":
        found = _CREDIT
    row.blame("balance", found or MISSING)
    return None


def _due(row: Row, as_of: date) -> tuple[date, int]:
    """When it was due and how many days ago; where both are told and contradict each other, the date holds."""
    due: date | None = row.said.get("due_date")
    days: int | None = row.said.get("days_past_due")
    if due is None:
        if days is None:
            if not any(fault.column in ("due_date", "days_past_due") for fault in row.faults):
                bad = Bad("missing", "faltan el vencimiento y los días de mora", "complete uno de los dos")
                row.blame("due_date", bad)
            return as_of, 0
        return as_of - timedelta(days=days), days
    counted = (as_of - due).days
    if days is not None and days != counted:
        _days_disagree(row, due, counted, days)
    return due, max(0, counted)


def _days_disagree(row: Row, due: date, counted: int, days: int) -> None:
    """Told, not more: the row goes in with the days that its due date says."""
    lag = _COUNTING_LAG if "as_of" in row.said else _CUT_OFF_LAG
    if counted < 0 < days:
        reason = f"vence el {due.isoformat()}, que aún no llega, y sin embargo dice {days} días de mora; vale la fecha"
    elif abs(days - max(0, counted)) > lag:
        reason = f"venció hace {max(0, counted)} días y sin embargo dice {days} días de mora; vale la fecha"
    else:
        return
    mend = "corrija los días de mora o el vencimiento, o deje vacíos los días para contarlos desde el vencimiento"
    row.blame("days_past_due", Bad("days_disagree", reason, mend), kept=True)


def _parts_disagree(row: Row, balance: Money, parts: tuple[Money | None, ...]) -> None:
    given = [part.minor for part in parts if part is not None]
    if len(given) < len(parts):
        return
    total = sum(given)
    if abs(total - balance.minor) > _ROUNDING_MINOR:
        bad = Bad(
            "parts_disagree",
            f"capital, intereses y gastos suman {Money(total, balance.currency).plain()}, que no es el saldo",
            "revise el desglose; se usa el saldo",
        )
        row.blame("balance", bad, kept=True)


def _installments_disagree(row: Row, total: int, counted: int) -> None:
    if counted > total:
        bad = Bad(
            "installments_disagree",
            f"entre pagadas y vencidas suman {counted} cuotas, y el crédito tiene {total}",
            "revise las cuotas",
        )
        row.blame("installments_total", bad, kept=True)
