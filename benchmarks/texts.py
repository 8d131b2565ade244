"""What people write in the middle of a negotiation: many wordings, with amounts, dates and counts that vary."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

# {n} payments, {k} thousands, {p} whole amount, {d} day of the month, {w} weekday
WORDINGS = (
    "Hola, buenas tardes",
    "¿Cuánto debo?",
    "cuanto es lo q debo en total",
    "quiero pagar en {n} cuotas",
    "me sirve en {n} pagos, el primero el {d}",
    "¿y si le doy {k} mil al mes?",
    "puedo dar {p} el {w}",
    "yo puedo pagar {k} mil pesos mensuales, ¿se puede?",
    "no me alcanza, es mucho",
    "¿me pueden hacer un descuento si pago todo de una vez?",
    "la primera",
    "el de {n} cuotas",
    "¿Cuándo vence?",
    "el {w} le pago {k} mil y el resto el otro mes",
    "solo tengo {p} ahora",
    "no, mejor en {n}",
    "¿qué pasa si no pago este mes?",
    "¿por qué me cobran tanto interés? No entiendo el saldo",
    "me quede sin trabajo y no tengo como pagar todo",
    "a fin de mes me pagan, antes no puedo",
    "¿dónde puedo pagar? ¿reciben transferencia?",
    "me puede repetir las opciones por favor",
    "quiero ver el detalle de la deuda",
    "deme hasta el {d} y le cancelo todo",
    "cuotas mas bajas no hay?? {k} mil es lo maximo que puedo",
    "mire, yo siempre he pagado a tiempo pero este año la cosa estuvo dura, ¿qué opciones me da?",
    "¿quién me escribe?",
    "ok",
    "no me parece",
    "dame opciones de pago porfa, q no sean tan caras",
    "puedo abonar {p} mañana y despues {k} mil cada quincena",
    "¿y con {n} meses cuánto me queda cada cuota?",
    "la segunda opción pero empezando el {d} del otro mes",
    "gracias, déjeme pensarlo y le aviso el {w}",
    "mi hija está enferma y los gastos se me subieron, necesito mas plazo",
    "quiero pagar todo hoy",
    "no entiendo",
    "un acuerdo de {n} cuotas de {k} mil, ¿está bien?",
    "¿puedo pagar una parte ahora y otra el {w}?",
    "pago {p} de una si me rebajan los intereses",
)
WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado")


def texts(seed: int = 0) -> Iterator[str]:
    """Messages without end, no two runs of the list alike; the same seed gives the same ones."""
    for i in count(seed * 7):
        yield WORDINGS[i * 7 % len(WORDINGS)].format(
            n=2 + i * 5 % 11,
            k=50 + i * 17 % 371,
            p=100_000 + i * 1_370 % 900_000,
            d=1 + i * 3 % 28,
            w=WEEKDAYS[i % len(WEEKDAYS)],
        )
