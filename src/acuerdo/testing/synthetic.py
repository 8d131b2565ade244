"""Made-up portfolios: people who do not exist, with documents and phones of the right form, one file per seed."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

import msgspec
from stdnum.ar import cuit
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.es import dni as es_dni
from stdnum.exceptions import ValidationError
from stdnum.mx import curp, rfc
from stdnum.pe import ruc

from acuerdo.core.portfolio.columns import key
from acuerdo.core.words import CURRENCY_OF, DECIMALS

T = TypeVar("T")

COUNTRIES: tuple[str, ...] = ("CO", "MX", "CL", "PE", "AR", "ES")
HEADER: tuple[str, ...] = (
    "Número de obligación", "País", "Tipo de documento", "Documento", "Nombre completo", "Tipo de cliente",
    "Cliente desde", "Celular", "Correo electrónico", "Ciudad", "Departamento", "Producto", "Fecha de apertura",
    "Saldo", "Capital", "Intereses", "Gastos", "Moneda", "Fecha de vencimiento", "Días de mora", "Pago mínimo",
    "Fecha último pago", "Atrasos 12m", "Fecha de corte",
)  # fmt: skip


class _Draw(msgspec.Struct, frozen=True):
    """A source of chance that is none: every draw is a hash of the seed and of what it is for."""

    seed: str

    def number(self, what: str, least: int, most: int) -> int:
        """A whole number from least to most, both included."""
        digest = hashlib.blake2b(f"{self.seed}/{what}".encode(), digest_size=8).digest()
        return least + int.from_bytes(digest) % (most - least + 1)

    def one(self, what: str, choices: Sequence[T]) -> T:
        return choices[self.number(what, 0, len(choices) - 1)]

    def chance(self, what: str, percent: int) -> bool:
        return self.number(what, 1, 100) <= percent


class _Place(msgspec.Struct, frozen=True):
    """A city, its region, and how its phones begin (the rest are digits up to `length`)."""

    city: str
    region: str
    prefix: str
    length: int


class _Land(msgspec.Struct, frozen=True):
    """What is usual in a country: names, places, products, and balances (major units, least and most)."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    places: tuple[_Place, ...]
    products: tuple[str, ...]
    balance: tuple[int, int]
    step: int
    company: str


# Numbers with 5555 or 555 in their middle: valid in form, and plainly made up.
_LANDS: dict[str, _Land] = {
    "CO": _Land(
        women=("Luz Marina", "Ana María", "Diana Carolina", "Paola Andrea", "Gloria", "Yolanda", "Natalia", "Claudia"),
        men=("Carlos Andrés", "Jhon Jairo", "Luis Fernando", "Andrés Felipe", "Jorge Iván", "Óscar", "Camilo"),
        surnames=("Rodríguez", "Gómez", "Restrepo", "Ospina", "Cárdenas", "Muñoz", "Quintero", "Hernández", "Zapata"),
        places=(
            _Place("Bogotá", "Bogotá D.C.", "300555", 10), _Place("Medellín", "Antioquia", "301555", 10),
            _Place("Cali", "Valle del Cauca", "310555", 10), _Place("Barranquilla", "Atlántico", "315555", 10),
        ),
        products=("tarjeta de crédito", "libranza", "libre inversión", "microcrédito", "telefonía"),
        balance=(120_000, 14_000_000), step=1_000, company="S.A.S.",
    ),
    "MX": _Land(
        women=("María Guadalupe", "Rosa Elena", "Verónica", "Leticia", "Alejandra", "Fernanda", "Patricia", "Adriana"),
        men=("José Luis", "Juan Manuel", "Miguel Ángel", "Francisco", "Raúl", "Arturo", "Eduardo", "Gerardo"),
        surnames=("Hernández", "García", "Martínez", "López", "Ramírez", "Cruz", "Mendoza", "Fuentes", "Ibarra"),
        places=(
            _Place("Ciudad de México", "Ciudad de México", "555555", 10),
            _Place("Guadalajara", "Jalisco", "335555", 10), _Place("Tijuana", "Baja California", "664555", 10),
            _Place("Cancún", "Quintana Roo", "998555", 10), _Place("Culiacán", "Sinaloa", "667555", 10),
        ),
        products=("tarjeta de crédito", "préstamo personal", "tienda", "crédito automotriz", "telefonía"),
        balance=(900, 70_000), step=1, company="S.A. de C.V.",
    ),
    "CL": _Land(
        women=("Francisca", "Constanza", "Camila", "Macarena", "Javiera", "Ximena", "Carolina", "Daniela"),
        men=("Cristián", "Rodrigo", "Felipe", "Sebastián", "Matías", "Ignacio", "Claudio", "Patricio"),
        surnames=("González", "Muñoz", "Rojas", "Díaz", "Soto", "Contreras", "Sepúlveda", "Fuenzalida", "Araya"),
        places=(
            _Place("Santiago", "Metropolitana", "95555", 9), _Place("Concepción", "Biobío", "95556", 9),
            _Place("Valparaíso", "Valparaíso", "95557", 9), _Place("Punta Arenas", "Magallanes", "95558", 9),
        ),
        products=("tarjeta de crédito", "crédito de consumo", "tienda", "línea de crédito"),
        balance=(30_000, 3_500_000), step=1, company="SpA",
    ),
    "PE": _Land(
        women=("Rosa", "Carmen", "Milagros", "Jessica", "Flor", "Maribel", "Elizabeth", "Karina"),
        men=("José", "Julio César", "Percy", "Wilder", "Víctor", "Jorge", "Edgar", "Christian"),
        surnames=("Quispe", "Flores", "Huamán", "Mamani", "Chávez", "Vásquez", "Rojas", "Salazar", "Torres"),
        places=(
            _Place("Lima", "Lima", "95555", 9), _Place("Arequipa", "Arequipa", "95556", 9),
            _Place("Trujillo", "La Libertad", "95557", 9),
        ),
        products=("tarjeta de crédito", "préstamo personal", "microcrédito", "crédito de consumo"),
        balance=(150, 15_000), step=1, company="S.A.C.",
    ),
    "AR": _Land(
        women=("Florencia", "Mariana", "Silvia", "Romina", "Soledad", "Agustina", "Graciela", "Verónica"),
        men=("Juan Pablo", "Martín", "Diego", "Gustavo", "Nicolás", "Hernán", "Facundo", "Ezequiel"),
        surnames=("Fernández", "González", "Pereyra", "Sosa", "Romero", "Acosta", "Benítez", "Molina", "Ledesma"),
        places=(
            _Place("Buenos Aires", "Ciudad Autónoma de Buenos Aires", "115555", 10),
            _Place("Córdoba", "Córdoba", "351555", 10), _Place("Rosario", "Santa Fe", "341555", 10),
            _Place("Mendoza", "Mendoza", "261555", 10),
        ),
        products=("tarjeta de crédito", "préstamo personal", "tienda", "telefonía"),
        balance=(40_000, 4_000_000), step=100, company="S.R.L.",
    ),
    "ES": _Land(
        women=("María Pilar", "Laura", "Nuria", "Cristina", "Ainhoa", "Rocío", "Inmaculada", "Beatriz"),
        men=("Antonio", "José Manuel", "Javier", "Sergio", "Íñigo", "Rafael", "Álvaro", "Francisco Javier"),
        surnames=("García", "Fernández", "Sánchez", "Jiménez", "Navarro", "Iglesias", "Ortega", "Vidal", "Suárez"),
        places=(
            _Place("Madrid", "Madrid", "65555", 9), _Place("Sevilla", "Sevilla", "65556", 9),
            _Place("Barcelona", "Barcelona", "65557", 9),
            _Place("Las Palmas de Gran Canaria", "Las Palmas", "65558", 9),
        ),
        products=("tarjeta de crédito", "préstamo personal", "crédito de consumo", "crédito de vehículo"),
        balance=(60, 9_000), step=1, company="S.L.",
    ),
}  # fmt: skip
# Days past due: how many in a hundred, and from which day to which. A quarter lies beyond day 60.
_ARREARS: tuple[tuple[int, int, int], ...] = ((5, 0, 0), (42, 1, 30), (28, 31, 60), (15, 61, 120), (10, 121, 420))
_BUSINESS_NAMES = ("Comercial", "Distribuidora", "Transportes", "Panadería", "Ferretería", "Textiles")


class _Person(msgspec.Struct, frozen=True):
    """A made-up person's cells, and the draw from which their debts come."""

    country: str
    cells: dict[str, str]
    draw: _Draw


def portfolio(
    seed: int, people: int = 2000, *, at: date, countries: Sequence[str] = COUNTRIES, spoiled: bool = False
) -> bytes:
    """A portfolio file as a creditor would send it (CSV, UTF-8, `;`), as of the day `at`; countries share it evenly.

    One in five has two or three debts, one in twelve is a business, a few have no e-mail or no phone. `spoiled` adds
    one bad row of each kind in SPOILERS at the end.
    """
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADER, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for number in range(people):
        person = _person(_Draw(f"{seed}/{number}"), number, countries, at)
        writer.writerows(_debts(person, number, at))
    if spoiled:
        first = _person(_Draw(f"{seed}/spoiled"), people, countries[:1], at)
        row = next(_debts(first, people, at))
        writer.writerows(
            row | {"Número de obligación": f"MALA-{n}"} | bad for n, (_, bad) in enumerate(SPOILERS, start=1)
        )
    return out.getvalue().encode()


# One bad row of each kind: the code of the fault it must be set aside with, and the cells that make it bad.
SPOILERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("credit_balance", {"Saldo": "-15000"}),
    ("date_impossible", {"Fecha de vencimiento": "31/02/2026"}),
    ("currency_mismatch", {"Moneda": "USD"}),
    ("document_bad", {"Documento": "12"}),
    ("missing", {"Nombre completo": ""}),
    ("amount_bad", {"Saldo": "mucho"}),
)


def _person(draw: _Draw, number: int, countries: Sequence[str], at: date) -> _Person:
    country = countries[number % len(countries)]
    land = _LANDS[country]
    business = draw.chance("business", 8)
    place = draw.one("place", land.places)
    woman = draw.chance("woman", 50)
    surnames = [draw.one("surname", land.surnames), draw.one("second", land.surnames)]
    name = f"{draw.one('given', land.women if woman else land.men)} {' '.join(surnames)}"
    if business:
        name = f"{draw.one('trade', _BUSINESS_NAMES)} {' y '.join(surnames)} {land.company}"
    born = at - timedelta(days=draw.number("born", 19 * 365, 78 * 365))
    kind, document = _document(draw, country, business, woman, name, born, number)
    digits = place.length - len(place.prefix)
    phone = place.prefix + str((number // len(countries) * 7 + 100) % 10**digits).zfill(digits)
    no_phone = draw.chance("no phone", 3)
    no_email = not no_phone and draw.chance("no email", 15)
    cells = {
        "País": country, "Tipo de documento": kind, "Documento": document, "Nombre completo": name,
        "Tipo de cliente": "empresa" if business else "natural",
        "Cliente desde": (at - timedelta(days=draw.number("since", 120, 12 * 365))).isoformat(),
        "Celular": "" if no_phone else phone,
        # example.com is kept for examples (RFC 2606): no message to it can reach anybody.
        "Correo electrónico": "" if no_email else f"{key(name).replace(' ', '.')}.{number}@example.com",
        "Ciudad": place.city, "Departamento": place.region,
    }  # fmt: skip
    return _Person(country, cells, draw)


def _document(
    draw: _Draw, country: str, business: bool, woman: bool, name: str, born: date, number: int
) -> tuple[str, str]:
    """The kind and a valid number; the person's own number is in it, so that no two people share one."""
    if country == "MX":
        return ("RFC", _rfc(name, born, number)) if business else ("CURP", _curp(draw, name, woman, born, number))
    least = {"CO": 30_000_000, "CL": 7_000_000, "PE": 10_000_000, "AR": 12_000_000, "ES": 10_000_000}[country]
    base = least + number * 97 + draw.number("document", 0, 96)
    if business:
        return _company(country, number * 31 + draw.number("company", 0, 30))
    made: dict[str, Callable[[], tuple[str, str]]] = {
        "CO": lambda: ("CC", str(base)),
        "CL": lambda: ("RUT", f"{base}-{rut.calc_check_digit(str(base))}"),
        "PE": lambda: ("DNI", str(base)),
        "AR": lambda: ("DNI", str(base)),
        "ES": lambda: ("DNI", f"{base:08d}{es_dni.calc_check_digit(f'{base:08d}')}"),
    }
    return made[country]()


def _company(country: str, serial: int) -> tuple[str, str]:
    """A company's tax number, with its check digit."""
    if country == "CO":
        base = str(900_000_000 + serial)
        return "NIT", f"{base}-{nit.calc_check_digit(base)}"
    if country == "CL":
        base = str(76_000_000 + serial)
        return "RUT", f"{base}-{rut.calc_check_digit(base)}"
    if country == "PE":
        base = f"20{500_000_000 + serial:08d}"[:10]
        return "RUC", base + str(ruc.calc_check_digit(base))
    if country == "AR":
        base = f"30{70_000_000 + serial:08d}"
        return "CUIT", base + str(cuit.calc_check_digit(base))
    return "CIF", _cif(serial)


def _cif(serial: int) -> str:
    """A Spanish limited company's number: B, seven digits, and a check digit by the rule of Orden EHA/451/2008."""
    base = f"{(8_000_000 + serial) % 10_000_000:07d}"
    odd = sum(sum(divmod(2 * int(digit), 10)) for digit in base[::2])
    return f"B{base}{-(odd + sum(map(int, base[1::2]))) % 10}"


def _letters(name: str) -> tuple[str, str, str]:
    """First name and both surnames, in capitals without accents."""
    words = key(name).upper().split()
    return words[0], words[-2], words[-1]


def _inner(word: str, wanted: str) -> str:
    return next((letter for letter in word[1:] if letter in wanted), "X")


def _curp(draw: _Draw, name: str, woman: bool, born: date, number: int) -> str:
    """A CURP: letters of the name, birth, sex, state, inner consonants, and a serial with its check digit (RENAPO)."""
    given, first, second = _letters(name)
    born = born - timedelta(days=number % 3000)
    consonants = "BCDFGHJKLMNPQRSTVWXYZ"
    state = draw.one("state", ("DF", "JC", "BC", "QR", "SL", "NL", "PL"))
    head = first[0] + _inner(first, "AEIOU") + second[0] + given[0]
    inner = "".join(_inner(word, consonants) for word in (first, second, given))
    century = "A" if born.year >= 2000 else "0"
    base = f"{head}{born:%y%m%d}{'M' if woman else 'H'}{state}{inner}{century}"
    if not curp.is_valid(base + str(curp.calc_check_digit(base))):
        # Some four-letter heads are rude words, and the registry changes their second letter for an X.
        base = base[0] + "X" + base[2:]
    return base + str(curp.calc_check_digit(base))


def _rfc(name: str, born: date, number: int) -> str:
    """A company's RFC: three letters, date of foundation, and a serial with its check digit (SAT)."""
    letters = "".join(word[0] for word in key(name).upper().split()[:3]).ljust(3, "X")
    serial = "ABCDEFGHIJKLMNPQRSTUV"
    base = f"{letters}{born:%y%m%d}{serial[number // 20 % 21]}{serial[number % 20]}"
    try:
        return str(rfc.validate(base + rfc.calc_check_digit(base), validate_check_digits=True))
    except ValidationError:
        return _rfc(name, born + timedelta(days=1), number + 1)


def _debts(person: _Person, number: int, at: date) -> Iterator[dict[str, str]]:
    """The rows of one person: one debt, or two or three."""
    luck = person.draw.number("debts", 1, 100)
    for nth in range(3 if luck > 95 else 2 if luck > 79 else 1):
        yield (
            person.cells
            | _debt(_Draw(f"{person.draw.seed}/{nth}"), person.country)
            | _days(_Draw(f"{person.draw.seed}/{nth}"), at)
            | {"Número de obligación": f"{person.country}-{number:06d}-{nth + 1}", "Fecha de corte": at.isoformat()}
        )


def _debt(draw: _Draw, country: str) -> dict[str, str]:
    """Product and amounts: small debts are many and large ones few."""
    land = _LANDS[country]
    least, most = land.balance
    share = draw.number("share", 0, 1000) ** 3 / 1000**3
    balance = (least + int((most - least) * share)) // land.step * land.step
    interest, fees = balance * draw.number("interest", 0, 12) // 100, balance * draw.number("fees", 0, 3) // 100
    cents = f".{draw.number('cents', 0, 99):02d}" if land.step == 1 and DECIMALS[CURRENCY_OF[country]] else ""
    return {
        "Producto": draw.one("product", land.products), "Saldo": f"{balance}{cents}",
        "Capital": f"{balance - interest - fees}{cents}", "Intereses": str(interest), "Gastos": str(fees),
        "Moneda": CURRENCY_OF[country], "Pago mínimo": str(max(1, balance // draw.number("minimum", 4, 12))),
    }  # fmt: skip


def _days(draw: _Draw, at: date) -> dict[str, str]:
    """Opening, due date, days past due and payment behaviour, consistent with one another."""
    days = _days_past_due(draw)
    due = at - timedelta(days=days) if days else at + timedelta(days=draw.number("ahead", 1, 25))
    opened = due - timedelta(days=draw.number("opened", 60, 6 * 365))
    paid = at - timedelta(days=days + draw.number("paid", 1, 40))
    return {
        "Fecha de apertura": opened.isoformat(), "Fecha de vencimiento": due.isoformat(), "Días de mora": str(days),
        "Fecha último pago": paid.isoformat() if paid > opened else "",
        "Atrasos 12m": str(max(0, draw.number("late", -4, 5))),
    }  # fmt: skip


def _days_past_due(draw: _Draw) -> int:
    luck = draw.number("bucket", 1, 100)
    for share, least, most in _ARREARS:
        if luck <= share:
            return draw.number("days", least, most)
        luck -= share
    return 0
