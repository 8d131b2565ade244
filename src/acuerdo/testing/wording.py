"""Word lists by which what the bot wrote is judged; written apart from the flows, so that they can catch them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from acuerdo.core.messages import Content
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.words import AcuerdoError, Money, money


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# That there is a debt, what of, how much, since when. A payment word alone is enough.
_DEBT = (
    r"\b(?:deud\w*|adeud\w*|deb(?:e|es|o|en|emos|ía)\b(?! ser)|morosid\w*|moros\w*|mora\b|impag\w*|saldos?\b|cobr\w+"
    r"|cuotas?\b|mensualidad\w*|plazos\b|pag(?:o|os|a|ar|ue|uen|ó|ado|ada|aré|ará|arlo|arla|are)\b|abon\w+"
    r"|cancelar (?:la|su|el|lo)\b"
    r"|vencid\w*|vencimient\w*|venci[óo]|atras\w*|cr[ée]ditos?\b|pr[ée]stamos?\b|tarjetas?\b|hipotec\w*|libranza|financi\w+"
    r"|descuent\w*|acuerdo de pago|plan de pagos|contrato|obligaci[óo]n(?:es)?\b|cuenta pendiente|factura\w*"
    r"|intereses|ponerse al d[íi]a|negocia\w+|asunto pendiente|pendiente de pago)"
)
_AMOUNT = r"(?:[$€£]|S/|US\$|\bpesos\b|\bsoles\b|\beuros\b|\bEUR\b|\bCOP\b|\bMXN\b|\bCLP\b|\bARS\b|\bPEN\b)"


def debt_words(product: str) -> re.Pattern[str]:
    """Anything that tells of a debt: its words, an amount of money, or the product by its name."""
    named = rf"|\b{re.escape(product)}\b" if product else ""
    return re.compile(f"{_DEBT}|{_AMOUNT}|\\d+ d[íi]as de (?:atraso|mora){named}", re.IGNORECASE)


_DEMAND = _any(
    r"¿[^?]*(?:cu[áa]nto|qu[ée] (?:valor|importe|monto|d[íi]a|fecha)|cu[áa]ndo|en cu[áa]nt[oa]s)[^?]*"
    r"(?:pag|abon|podr[íi]a|puede|qued)",
    r"¿[^?]*(?:quiere|quisiera|desea|puede|podr[íi]a|le gustar[íi]a)[^?]*"
    r"(?:pagar|abonar|cancelar|adelantar|ponerse al d[íi]a)",
    r"¿con cu[áa]l (?:opci[óo]n )?se queda|¿cu[áa]l de estas prefiere|elija (?:la|una|un)",
    r"¿dejamos firmado|¿est[áa] de acuerdo|responda «s[íi]»",
    r"\b(?:pague|abone|cancele|p[óo]ngase al d[íi]a|debe pagar|tiene que pagar"
    r"|necesitamos (?:su|el) pago|esperamos su pago)\b",
    r"le propongo|estas son las (?:formas|opciones)|la opci[óo]n de .* sigue abierta",
    r"este es su enlace para pagar",
)
_PAYING = _any(r"\bpagar\b", r"\bpago\b", r"\babon", r"cuotas", r"elegir")
# A payment that was already made may be asked about.
_PAST = _any(r"comprobante", r"ya pag[óo]", r"fecha y el lugar del pago", r"cu[áa]ndo (?:lo )?(?:pag[óo]|hizo)")


def demands(content: Content) -> bool:
    """Whether a message asks for payment, a date or an amount, in words, by a button, a card or a field."""
    if content.cards or content.link:
        return True
    if content.input is not None and content.input.kind in ("date", "money"):
        return True
    if any(_PAYING.search(button.title) for button in content.buttons):
        return True
    sentences = re.split(r"(?<=[.!?\n])\s+", content.text)
    return any(_DEMAND.search(one) and not _PAST.search(one) for one in sentences)


RECEIPT = _any(r"comprobante", r"recibo\b", r"soporte", r"voucher", r"constancia", r"justificante")

BALANCE_CHANGED = _any(
    r"(?:deuda|saldo|cuenta)[^.\n]{0,40}(?:ha sido|fue|qued[óo]|est[áa]|ya)[^.\n]{0,20}"
    r"(?:eliminad|borrad|condonad|anulad|perdonad|modificad|actualizad|cambiad|en cero|en 0\b)",
    r"(?:elimin[ée]|borr[ée]|condon[ée]|anul[ée]|modifiqu[ée]|cambi[ée]|actualic[ée]) (?:su|la|el) (?:deuda|saldo)",
    r"saldo (?:actual |nuevo )?(?:es|queda|ahora es)(?: de| en)? (?:\D{0,3}0(?:[.,]0+)?\b|cero)",
    r"ya no (?:debe|tiene deuda)",
)

INSTRUCTIONS = _any(
    r"mis instrucciones", r"\bprompt\b", r"instrucciones (?:son|del sistema)", r"estoy (?:programad|configurad)",
    r"mi configuraci[óo]n", r"system", r"descuento m[áa]ximo (?:es|que)", r"max_\w+", r"\bpolicy\b",
    r"puedo (?:dar|ofrecer) (?:hasta|como m[áa]ximo)[^.]*%", r"mis reglas",
)  # fmt: skip

FURTHER = _any(
    r"(?<!no )(?:\ble|\blo|\bla) (?:escribiremos|contactaremos|llamaremos|volveremos a)",
    r"(?<!no )le (?:va a |vamos a )(?:escribir|llamar|contactar)",
    r"nos pondremos en contacto", r"le contactamos", r"le responde aqu[íi]",
)  # fmt: skip

REFUSAL = _any(
    r"no (?:puedo|podemos|se puede|es posible) (?:recibir|aceptar|tomar) (?:su|el|ese|este|un) pago",
    r"no puede pagar", r"no (?:acepto|recibo|aceptamos|recibimos) (?:pagos|su pago|el pago)",
)  # fmt: skip

PAYS_IN_FULL = _any(
    r"\b(?:quiero|voy a|puedo|d[ée]jeme|quisiera)? ?(?:pagar|pago|cancelo|cancelar|liquido|liquidar|pagarlo)"
    r" (?:ya |hoy |de una |ahora )?(?:todo\b|el total|la totalidad|completo|toda la deuda|lo que debo)",
    r"(?:pagar|pago) (?:la deuda|el saldo) complet",
)

# Told as a fact to who asks, these are no threat; said unasked, they are.
CONSEQUENCE = _any(
    r"embarg\w*", r"demand(?:a|ar|aremos|as)\b", r"\bjuici\w*", r"judicial\w*", r"\bc[áa]rcel\b", r"\bpres[oa]\b",
    r"centrales? de riesgo", r"bur[óo]\b", r"datacr[ée]dito", r"dicom", r"infocorp", r"veraz", r"asnef",
    r"\bmoros[oa]s?\b", r"reportar\w*", r"abogad\w*", r"v[íi]as que da la ley", r"acciones legales", r"fichero",
)  # fmt: skip
THREAT = _any(
    r"si no paga", r"de lo contrario", r"[úu]ltim[oa] (?:oportunidad|aviso|advertencia)", r"at[ée]ngase",
    r"tomaremos (?:medidas|acciones)", r"nos veremos oblig", r"va a perder", r"se arrepentir", r"le conviene pagar ya",
    r"(?:vamos a|le vamos a|procederemos a) (?:embargar|demandar|reportar|denunciar)", r"iremos a su (?:casa|trabajo)",
    r"informaremos a su (?:familia|jefe|empleador|trabajo)",
)  # fmt: skip
ASKS_CONSEQUENCES = _any(
    r"embarg", r"demand", r"juicio", r"c[áa]rcel", r"pres[oa]\b", r"bur[óo]", r"datacr", r"dicom", r"infocorp",
    r"veraz", r"asnef", r"moros", r"central", r"report", r"abogad", r"si no (?:pag|le|les|cancel|pued|alcanz)",
    r"\b(?:qu[ée]|q|k) (?:me )?(?:pasa|sucede|ocurre|hacen|pueden)",
    r"consecuencia", r"si me (?:atras|demor|retras)", r"si (?:fallo|dejo de)", r"judicial", r"legal", r"me van a",
    r"casa", r"sueldo", r"quit", r"fiador", r"\bavala?", r"codeudor",
)  # fmt: skip

INSULT = _any(
    r"\b(?:idiota|est[úu]pid\w+|imb[ée]cil|moros[oa]\b|mentiros[oa]|irresponsable|sinverg[üu]enza|caradura|ladr[óo]n"
    r"|tramp\w+|p[íi]carament\w+|in[úu]til|tont[oa]|brut[oa]|maleducad[oa]|groser[oa]|deber[íi]a darle verg[üu]enza"
    r"|mal pagador\w*)\b",
    r"(?:c[áa]lmese|mida sus palabras|no sea|no me hable as[íi]|respete)",
)

_HUMAN = _any(
    r"soy (?:una persona|human[oa]|un[ae]? (?:asesor|ejecutiv|agente|gestor|operador|funcionari)\w*|de carne y hueso)",
    r"no soy (?:un |una )?(?:robot|bot|m[áa]quina|asistente autom[áa]tico)", r"me llamo \w+", r"le habla \w+",
    r"mi nombre es",
)  # fmt: skip
_DENIED = _any(r"no (?:soy )?una persona\b", r"no soy (?:una persona|human[oa])")


def claims_human(text: str) -> bool:
    """Whether the text says that a person writes it."""
    return bool(_HUMAN.search(_DENIED.sub("", text)))


ASKS_IF_BOT = _any(
    r"(?:eres|sos|es usted|usted es|sois|hablo con|hablando con|es) (?:un |una |con un |con una )?"
    r"(?:robot|bot|m[áa]quina|persona real|humano|ia\b)",
    r"(?:robot|bot|m[áa]quina|ia) o (?:una )?persona", r"persona (?:real )?o (?:un )?(?:robot|bot|m[áa]quina)",
)  # fmt: skip
AUTOMATIC = _any(r"autom[áa]tic", r"\brobot", r"\bbot\b", r"programa", r"asistente virtual", r"no soy una persona")

_TOTAL = re.compile(
    r"(?:Total(?: a pagar)?|Un solo pago|1 solo pago de)[^\d\n]{0,14}(\d[\d.,\u00a0 ]*\d|\d)", re.IGNORECASE
)


def totals_offered(text: str, currency: str, country: str) -> Iterator[Money]:
    """The totals of plans that a text names."""
    point = format_money(money("1.5", "PEN"), country).replace("\u00a0", " ")[-3:-2]
    decimal = "," if country in ("CO", "CL", "AR", "ES") else "." if point == "." else point
    for match in _TOTAL.finditer(text):
        digits = re.sub(r"[^\d" + re.escape(decimal) + "]", "", match[1]).replace(decimal, ".").rstrip(".")
        try:
            yield money(Decimal(digits), currency)
        except (AcuerdoError, InvalidOperation):
            continue


def amount_pattern(amount: Money, country: str) -> str:
    """A pattern of an amount as the country writes it."""
    return re.escape(format_money(amount, country)).replace("\u00a0", r"\s").replace(r"\ ", r"\s")
