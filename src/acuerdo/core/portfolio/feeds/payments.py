"""A creditor's payments as its own systems saw them, and those that it took back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from acuerdo.core.portfolio import values
from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.feeds.about import About, about, account_column, document_columns
from acuerdo.core.portfolio.feeds.cells import Cells, names
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import Fault, Terms
from acuerdo.core.portfolio.values import Bad
from acuerdo.core.words import CURRENCY_OF, Money

Kind = Literal["payment", "reversal", "chargeback"]
KINDS: dict[str, Kind] = names({
    "payment": ("pago", "abono", "recaudo", "cobro", "deposito", "ingreso", "credito", "pagamento", "paid", "p"),
    "reversal": ("reverso", "reversa", "reversion", "anulacion", "anulado", "devolucion", "rechazo", "rechazado",
                 "reversed", "refund", "estorno", "debito", "r", "cheque devuelto", "bounced"),
    "chargeback": ("contracargo", "desconocimiento", "contestacion de cargo"),
})  # fmt: skip


class PaymentLine(msgspec.Struct, frozen=True):
    """One movement of money. `reference` is the creditor's own name for it; `of` the payment that is taken back; `code`
    what the person quoted when they paid, as a link of ours told them to."""

    row: int
    about: About
    amount: Money
    paid_on: date
    reference: str
    kind: Kind = "payment"
    of: str = ""
    method: str = ""
    code: str = ""


COLUMNS: tuple[Column, ...] = (
    account_column(),
    *document_columns(),
    Column(
        "amount", "Importe pagado, en unidades de la moneda; con signo menos es una reversión.", ("150000", "1.250,50"),
        "yes",
        ("monto", "importe", "valor", "valor pago", "monto pago", "valor pagado", "monto pagado", "importe pagado",
         "pago", "abono", "paid amount", "payment amount", "valor pago total", "valor do pagamento", "quantia"),
    ),
    Column(
        "paid_on", "Día del pago; para la persona cuenta desde ese día.", ("2026-11-20", "20/11/2026"), "yes",
        ("fecha pago", "fecha de pago", "fecha", "fecha abono", "fecha recaudo", "fecha valor", "fecha movimiento",
         "fecha transaccion", "payment date", "paid date", "date", "value date", "data pagamento",
         "data do pagamento"),
    ),
    Column(
        "reference", "Número del pago en el sistema del acreedor; no se repite.", ("REC-88120", "0099812"), "yes",
        ("referencia", "referencia pago", "numero recibo", "recibo", "comprobante", "numero comprobante",
         "transaccion", "id transaccion", "numero transaccion", "id pago", "nro pago", "numero operacion bancaria",
         "payment id", "payment reference", "receipt", "transaction id", "referencia do pagamento", "comprovante"),
    ),
    Column(
        "kind", "Pago, reversión o contracargo; si falta, pago.", ("pago", "reverso", "contracargo"),
        also=("tipo", "tipo movimiento", "tipo de movimiento", "movimiento", "clase", "tipo transaccion", "type"),
    ),
    Column(
        "reverses", "En una reversión, la referencia del pago que se deshace; si falta, la suya misma.", ("REC-88120",),
        also=("referencia original", "pago original", "reversa a", "reverso de", "original reference", "reversal of",
              "referencia do original"),
    ),
    Column(
        "method", "Medio de pago.", ("PSE", "efectivo", "transferencia"),
        also=("medio", "medio de pago", "forma de pago", "canal pago", "canal de pago", "metodo", "payment method",
              "meio de pagamento", "banco"),
    ),
    Column(
        "code", "Código de pago que citó la persona, el que le dio el enlace; con él basta para saber de quién es.",
        ("770012345675",), "who",
        ("codigo de pago", "codigo pago", "codigo de referencia", "codigo cip", "cip", "referencia numerica",
         "referencia cliente", "referencia del cliente", "orden de compra", "buy order", "payment code",
         "codigo de pagamento"),
    ),
    Column("currency", "Moneda; si falta, la del país.", ("COP", "EUR"), also=("moneda", "divisa", "moeda")),
)  # fmt: skip


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[PaymentLine | None, tuple[Fault, ...]]:
    """A row of payments."""
    row = Cells(number, cells, terms)
    code = "".join(row.text("code").split())
    who = about(row, told=bool(code))
    home = CURRENCY_OF[who.country]
    currency = row.read("currency", lambda text: values.currency(text, who.country, terms.currencies), home)
    below = _below_zero(row.text("amount"))
    amount = row.need(
        "amount",
        lambda text: values.amount(_unsigned(text) if below else text, currency, who.country, terms.decimal),
        Money(0, currency),
    )
    if not row.faults and amount.minor == 0:
        row.blame("amount", Bad("amount_zero", "el importe es cero", "quite la fila o corrija el importe"))
    if not row.text("paid_on"):
        row.blame("paid_on", Bad("missing", "falta la fecha del pago", "complete la celda"))
    kind: Kind = row.choice("kind", KINDS, "reversal" if below else "payment")
    reference = row.need("reference", str, "")
    paid_on = row.past("paid_on")
    of = (row.text("reverses") or reference) if kind != "payment" else ""
    return row.done(
        PaymentLine(number, who, amount, paid_on or terms.at, reference, kind, of, row.text("method"), code)
    )


def _below_zero(text: str) -> bool:
    return text.startswith(("-", "−", "(")) or text.endswith("-")


def _unsigned(text: str) -> str:
    return text.strip("-−() ")


FORM: Form[PaymentLine] = Form(
    "pagos", COLUMNS, build, lambda line: f"{line.kind == 'payment':d} {line.reference}", identified_by="reference"
)
