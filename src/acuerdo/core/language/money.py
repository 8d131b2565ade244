"""Amounts of money: "180 mil", "$2,340.50", "medio palo", "90 soles", and bare numbers where money is spoken of."""

from __future__ import annotations

import re
from decimal import Decimal

from acuerdo.core.language.numbers import HALVES, SCALES, WORDS, Quantity, Token, plain, quantity
from acuerdo.core.language.reading import Entity
from acuerdo.core.words import CURRENCY_OF

# The word said -> the currency; "" is the country's own, None names no currency.
NAMES: dict[str, str | None] = {
    "pesos": "", "peso": "", "pesitos": "", "varos": "", "baros": "", "mangos": "", "soles": "PEN", "sol": "PEN",
    "solcitos": "PEN", "euros": "EUR", "euro": "EUR", "euritos": "EUR", "eurillos": "EUR", "pavos": "EUR",
    "leuros": "EUR", "eur": "EUR", "€": "EUR", "dolares": "USD", "dolar": "USD", "usd": "USD", "verdes": "USD",
    "uf": "CLF", "utm": "UTM", "cop": "COP", "mxn": "MXN", "mn": "MXN", "clp": "CLP", "pen": "PEN", "ars": "ARS",
    "us$": "USD", "u$s": "USD", "u$d": "USD", "$": None, "dollars": "USD", "dollar": "USD", "£": "GBP", "gbp": "GBP",
    "pounds": "GBP", "esterlinas": "GBP", "ptas": "ESP", "pta": "ESP", "pesetas": "ESP",
}  # fmt: skip
SIGNS: dict[str, str | None] = {
    sign: NAMES[sign]
    for sign in ("$", "us$", "u$s", "u$d", "€", "usd", "cop", "mxn", "clp", "ars", "pen", "eur", "uf", "£", "gbp")
}  # fmt: skip
# With one of these words an amount begins; DIGIT stands for any with a digit.
OPENING: dict[str, frozenset[str]] = {
    country: frozenset((*WORDS, *scales, *HALVES, *SIGNS, "us", "u", "s", "DIGIT"))
    for country, scales in SCALES.items()
}
_PAST_MONEY = 10**15  # from here on it is no amount that anybody owes, nor can it be divided
_PESO_COUNTRIES = {"CO", "MX", "CL", "AR"}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# "mil gracias", "20 mil llamadas": what is counted is not money.
_NOT_MONEY = _set(
    "gracias disculpas perdones veces cosas problemas llamadas mensajes kilometros km personas anos dias horas "
    "clientes excusas bendiciones maravillas amores besos abrazos metros mensaje veses deudas correos preguntas gastos "
    "necesidades compromisos obligaciones explicaciones palabras formas maneras razones motivos historias vueltas"
)
_PAYING = _set(
    "pago pagar pague pagaria pagando pagarle pagarles pagarte pagarlo doy dar darle darles darte dare dando "
    "daria ofrezco ofrecer ofrecerle ofrecerles ofreceria abono abonar abonarle abonaria abone deposito depositar "
    "depositarle deposite transfiero transferir consigno consignar consigne giro girar paso pasar pasarle pasarte "
    "mando mandar mandarle envio tengo tendria junto junte juntar consegui conseguir alcanza alcanzo tire tiro "
    "tirar debo debe deben son cancelo cancelar cancele propongo dejan dejen dejas dejame deje dejo quedan cobran "
    "cobrando cobraron aporto aportar transferi gano gane aceptan acepta aceptas acepten sale sumo quedo quedamos "
    "queda bajan bajen suelto soltar aviento avento pongo poner puedo podria traigo traemos"
)
_BEFORE_PLAIN = _set("de por con a los unos como hasta solo nomas entonces mejor ahora minimo maximo total")
_SUBJECT = _set(
    "cuotas cuota pagos pago abonos abono monto valor deuda total saldo oferta plazos mensualidades letras "
    "quincenas mensualidad abonitos cuotitas pagar dar parcialidades partes minimo maximo salen inicial entrada "
    "pie enganche adelanto por"
)
_FOLLOW = _set(
    "y e ahora hoy ya manana el la al por cada mensual mensuales semanal semanales quincenal quincenales para si "
    "nomas nada no pero cuando de hasta es en a porfa entonces pues po pe cash efectivo ahorita mismo quedamos "
    "noma maximo minimo este esta pasado lunes martes miercoles jueves viernes sabado domingo mes como inicial "
    "adelante inicialmente mas solo solamente creo aprox hermano parce senor amigo che o ni que"
)
_MEASURES = _set(
    "hijos hijas anos meses mes dias dia semanas semana horas hora minutos cuotas cuota pagos plazos abonos veces "
    "personas llamadas mensajes letras partes parcialidades mensualidades quincenas cuoticas cuotitas anios nenes "
    "ninos"
)


def _currency(word: str, country: str) -> str | None:
    named = NAMES[word]
    return CURRENCY_OF[country] if named == "" and country in _PESO_COUNTRIES else named or None


def _sign(stream: list[Token], place: int) -> tuple[str | None, int] | None:
    word = stream[place][0]
    after = stream[place + 1][0] if place + 1 < len(stream) else ""
    if word in ("us", "u") and after == "$":
        return "USD", place + 2
    if word == "s" and after == "/":
        dotted = place + 2 < len(stream) and stream[place + 2][0] == "."
        return "PEN", place + (3 if dotted else 2)
    return (SIGNS[word], place + 1) if word in SIGNS else None


_CENTS = frozenset({"centavos", "centavo", "centimos", "centimo", "ctvs", "centavitos"})


def _cents(stream: list[Token], place: int, country: str) -> tuple[Decimal, int] | None:
    """ "(con) cincuenta céntimos" at a token: the part of a unit, and the token after it."""
    if place < len(stream) and stream[place][0] in ("con", "y"):
        place += 1
    part = quantity(stream, place, country) if place < len(stream) else None
    if part is None or not 0 < part.value < 100 or part.after >= len(stream) or stream[part.after][0] not in _CENTS:
        return None
    return part.value / 100, part.after + 1


def _named(stream: list[Token], place: int, country: str) -> tuple[str | None, int] | None:
    if place < len(stream) and stream[place][0] == "de":
        place += 1
    if place >= len(stream):
        return None
    word = stream[place][0]
    if word == "m" and [token[0] for token in stream[place : place + 4]] in (["m", ".", "n", "."], ["m", "/", "n"]):
        return "MXN", place + 4
    return (_currency(word, country), place + 1) if word in NAMES else None


def _entity(value: Decimal, currency: str | None, stream: list[Token], begin: int, after: int) -> Entity:
    start, end = stream[begin][1], stream[after - 1][2]
    return Entity("money", plain(value), "", start, end, currency=currency)


def _shared(stream: list[Token], place: int, scale_of: Quantity, country: str) -> Entity | None:
    """The 50 of "50 o 60 mil": the scale that follows counts for it too."""
    if place < 2 or stream[place - 1][0] not in ("y", "o", "a", "-", "u"):
        return None
    first = quantity(stream, place - 2, country)
    if first is None or first.scaled or first.after != place - 1 or first.value >= 1000:
        return None
    own = quantity(stream[: scale_of.after], place, country)
    number = next((token for token in stream[place : scale_of.after] if token[0] not in ("y",)), None)
    if own is None or number is None or (place > 2 and stream[place - 3][0] in ("el", "dia", "las")):
        return None
    factor = _factor(stream, place, scale_of, country)
    return _entity(first.value * factor, None, stream, place - 2, place - 1) if factor > 1 else None


def _ranged(stream: list[Token], place: int, country: str) -> Entity | None:
    """The 10 of "entre 10 y 20 dólares" and of "10 - 20 $"."""
    if place < 2 or stream[place - 1][0] not in ("y", "-", "a", "o"):
        return None
    between = place > 2 and stream[place - 3][0] in ("entre", "de")
    first = quantity(stream, place - 2, country)
    if first is None or first.scaled or first.after != place - 1 or not (between or stream[place - 1][0] == "-"):
        return None
    signed = _sign(stream, place - 3) if place > 2 else None
    return None if signed else _entity(first.value, None, stream, place - 2, place - 1)


def _factor(stream: list[Token], place: int, number: Quantity, country: str) -> Decimal:
    for end in range(number.after - 1, place, -1):
        bare = quantity(stream[:end], place, country)
        if bare is not None and not bare.scaled and bare.value:
            return number.value / bare.value
    return Decimal(1)


def strong(stream: list[Token], country: str) -> list[Entity]:
    """Amounts that say so: a currency, a scale (mil, lucas, palos) or thousands marks."""
    opening = OPENING[country]
    found: list[Entity] = []
    place = 0
    while place < len(stream):
        word = stream[place][0]
        read = _strong_at(stream, place, country) if word in opening or word[0].isdigit() else None
        if read is None:
            place += 1
            continue
        entity, after, number, begin = read
        before = _shared(stream, begin, number, country) if number.scaled else _ranged(stream, begin, country)
        found.extend([before, entity] if before is not None else [entity])
        place = after
    return found


def _strong_at(stream: list[Token], place: int, country: str) -> tuple[Entity, int, Quantity, int] | None:
    sign = _sign(stream, place)
    begin = sign[1] if sign else place
    if begin >= len(stream):
        return None
    number = quantity(stream, begin, country)
    if number is None or (number.value == 0):
        return None
    named = _named(stream, number.after, country)
    after = named[1] if named else number.after
    cents = _cents(stream, after, country)
    if cents is not None and number.value == int(number.value):
        after = cents[1]
        number = number._replace(value=number.value + cents[0])
        named = named or _named(stream, after, country) or (None, after)
        after = max(after, named[1])
    following = stream[after][0] if after < len(stream) else ""
    if following == "de" and after + 1 < len(stream) and stream[after + 1][0] in _NOT_MONEY:
        return None
    if not sign and not named:
        marked = number.digits and number.value >= 1000 and not stream[place][0].isdigit()
        if not number.scaled and not (marked and len(stream[place][0]) > 4) and not _to_the_cent(stream, place):
            return None
        if following in _NOT_MONEY or number.value < 1 or following in ("%",):
            return None
    if named and number.value == 1 and not number.digits and not number.scaled:
        return None  # "ni un peso"
    currency = sign[0] if sign and sign[0] else named[0] if named else None
    return _entity(number.value, currency, stream, place, after), after, number, begin


_TO_THE_CENT = re.compile(r"\d{2,}[.,]\d\d")
_OF_A_CLOCK = frozenset({"las", "la", "tipo", "hasta", "desde", "y", "entre"})


def _to_the_cent(stream: list[Token], place: int) -> bool:
    """Whether a number has the two decimals of an amount ("850.50"), and is no hour nor a day of a month."""
    word = stream[place][0]
    if not _TO_THE_CENT.fullmatch(word) or Decimal(word.replace(",", ".")) < 24:
        return False
    return place == 0 or stream[place - 1][0] not in _OF_A_CLOCK


def weak(
    stream: list[Token], country: str, taken: list[tuple[int, int]], expected: bool, spoken: bool = False
) -> list[Entity]:
    """Bare numbers beside a verb of paying ("le doy 200"), or any bare number when an amount was asked for.

    `spoken`: whether an amount was already named, so that "y 60 en enero" adds another.
    """
    found: list[Entity] = []
    place = 0
    while place < len(stream):
        number = quantity(stream, place, country)
        if number is None:
            place += 1
            continue
        start, end = stream[place][1], stream[number.after - 1][2]
        free = not any(start < stop and begin < end for begin, stop in taken)
        sole = len(stream) == number.after - place and 1000 <= number.value < _PAST_MONEY and number.value % 1000 == 0
        meant = sole or _spoken_of(stream, place, number) or (expected and _alone(stream, number))
        meant = meant or _now_and(stream, place, number, spoken or bool(found))
        if free and number.value >= 1 and meant:
            found.append(_entity(number.value, None, stream, place, number.after))
        place = number.after
    return found


_RHYTHM = frozenset({"semanal", "semanales", "mensual", "mensuales", "quincenal", "quincenales", "mensualmente"})
_SOON = frozenset({"ahora", "ahorita", "hoy"})


def _now_and(stream: list[Token], place: int, number: Quantity, second: bool) -> bool:
    """ "500 ahora y 500 el otro mes": an amount beside its moment, and the one that is added to it."""
    if not number.digits or number.value < 20 or not _alone(stream, number):
        return False
    before = stream[place - 1][0] if place else ""
    following = stream[number.after][0] if number.after < len(stream) else ""
    if following in _RHYTHM and before != "los":
        return True
    return (following in _SOON and before in ("", ",", "y", "dale", "pues", "bueno")) or (
        second and before == "y" and (following in _FOLLOW or not following)
    )


_CLOSING = frozenset({"quedamos", "arreglamos", "cerramos", "alcanza"})


def _alone(stream: list[Token], number: Quantity) -> bool:
    following = stream[number.after][0] if number.after < len(stream) else ""
    return following not in _MEASURES and following != "%"


def _spoken_of(stream: list[Token], place: int, number: Quantity) -> bool:
    following = stream[number.after][0] if number.after < len(stream) else "y"
    if (
        following in _MEASURES
        or (following.isalpha() and following not in _FOLLOW and following not in _CLOSING)
        or following in ("%", "/", "-", ":")
    ):
        return False
    if not number.digits and number.value < 20:
        return False
    if number.digits and (number.value < 5 or len(stream[place][0]) > 8):
        return False
    back = [token[0] for token in stream[max(0, place - 3) : place]]
    if back and back[-1] == "con" and following in _CLOSING:
        return True
    if back[-2:] in (["pagas", "de"], ["pagadas", "de"]):
        return False  # "4 cuotas pagadas de 10"
    if not back or back[-1] in ("el", "dia", "las", "la", "articulo", "numero", "#", "ley"):
        return False
    if back[-1] in _PAYING:
        return True
    if back[-1] not in _BEFORE_PLAIN and back[-1] not in _SUBJECT:
        return False
    if back[-1] in _SUBJECT and back[-1] != "por":
        return True
    return any(word in _PAYING or word in _SUBJECT for word in back[:-1])
