"""A creditor reads what came of our work: what its own files brought stays out, another's never comes near."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from tests.feeds.conftest import World
from tests.portfolio_store.portfolio_cases import ANA, HEADER, csv_of, put

from acuerdo.adapters.store.ledger import StoredLedger
from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.core import facts as f
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.results.profiles import FEEDS, load_profile
from acuerdo.core.words import derive
from acuerdo.service import exporting
from acuerdo.service.creditors import Settings, add_creditor

from .results_cases import NOW, RING, export, exports, happened, note, promise, rows

ECHO = """name = "eco"
echo = {echo}
[columns]
"cuenta" = "external_id"
"outcome" = "outcome"
"agent" = "agent"
"origin" = "origin"
"""


@dataclass(frozen=True)
class Feed:
    """A file of a feed, about Ana; and what it would tell, were it told."""

    name: str
    lines: tuple[str, ...]
    tells: frozenset[str]


CALLS = "Obligación;Teléfono;Fecha;Canal;Resultado;Agente;Fecha promesa;Valor promesa"
FILES = [
    Feed(
        "contacts", (CALLS, "A1;3005550100;20/11/2026 10:00;llamada;promesa de pago;Marta;28/11/2026;150.000"),
        frozenset({"imported_reached", "promise"}),
    ),
    Feed(
        "contacts", (CALLS, "A1;3005550100;20/11/2026 10:00;llamada;titular fallecido;Marta;;"),
        frozenset({"imported_attempt", "hold_death", "hand_over_death"}),
    ),
    Feed(
        "contacts", (CALLS, "A1;3005550100;20/11/2026 10:00;llamada;número equivocado;Marta;;"),
        frozenset({"imported_attempt", "bad_contact"}),
    ),
    Feed("optouts", ("Documento;Canal;Fecha", "52345678;todos;20/11/2026"), frozenset({"opt_out"})),
    Feed(
        "contactdata", ("Documento;Teléfono;Calidad;Fecha", "52345678;3005550177;bueno;20/11/2026",
                        "52345678;3005550100;malo;20/11/2026"),
        frozenset({"new_phone", "bad_contact"}),
    ),
    Feed(
        "registers", ("Registro;Documento;Acción;Fecha", "fallecido;52345678;alta;20/11/2026"),
        frozenset({"hold_death", "hand_over_death"}),
    ),
    Feed(
        "registers", ("Registro;Documento;Acción;Fecha", "no llamar;52345678;alta;20/11/2026"),
        frozenset({"hold_opt_out"}),
    ),
    Feed(
        "payments", ("Obligación;Importe;Fecha de pago;Referencia;Tipo", "A1;300000;20/11/2026;R1;pago",
                     "A1;300000;22/11/2026;R1;reverso"),
        frozenset({"payment_reported", "payment_reversed"}),
    ),
    Feed(
        "consents", ("Documento;Canal;Consentimiento;Fecha", "52345678;SMS;no;20/11/2026"), frozenset(),
    ),
]  # fmt: skip
NAMES = [f"{one.name}: {', '.join(sorted(one.tells)) or 'nothing'}" for one in FILES]


async def house(db: asyncpg.Pool, name: str) -> World:
    """A creditor to whom Ana owes; she is the same human wherever she owes."""
    made = await add_creditor(StoredCreditors(db, RING), name, Settings(legal_name=name), NOW)
    return World(db, made)


async def owing(world: World, *, status: str = "vigente", at_day: int = 0) -> None:
    """A portfolio with Ana's debt."""
    data = csv_of(f"{ANA};{status}", header=f"{HEADER};Estado crédito")
    at = NOW + timedelta(days=at_day)
    await put(StoredPortfolio(world.pool, RING), world.creditor, data, at)


async def told(world: World, folder: Path, profile: str = "estandar") -> list[dict[str, str]]:
    """The lines of everything that a creditor gets by a profile."""
    done = await export(world.pool, world.creditor, folder, profile=profile)
    return rows(done.file) if done else []


async def keep(world: World, echo: str) -> None:
    text = ECHO.format(echo=echo)
    await exporting.keep_profile(exports(world.pool).shelf, world.creditor, text, "eco.toml", NOW)


@pytest.mark.parametrize("feed", FILES, ids=NAMES)
@pytest.mark.parametrize("waited", [False, True], ids=["known", "came first"])
async def test_what_its_own_file_brought_does_not_go_back(
    db: asyncpg.Pool, tmp_path: Path, feed: Feed, waited: bool
) -> None:
    world, other = await house(db, "Banco Andino"), await house(db, "Tienda Sur")
    await owing(other)
    if waited:
        await world.feed(feed.name, *feed.lines)
        await owing(world)
    else:
        await owing(world)
        await world.feed(feed.name, *feed.lines)
    (ana,) = await db.fetch("select id from person where creditor_id = $1", world.creditor.id)
    await note(db, happened(world.creditor, ana["id"], f.HandedOver("asked"), outside=True))

    assert [row["outcome"] for row in await told(world, tmp_path)] == ["hand_over_asked"], "ours, and ours alone"

    await keep(world, "true")
    echoed = [row for row in await told(world, tmp_path, "eco") if row["origin"]]
    brought = feed.tells - {"payment_reversed"} if waited and feed.name == "payments" else feed.tells
    assert {row["outcome"] for row in echoed} >= brought
    assert {row["outcome"] for row in echoed} <= feed.tells
    assert {row["origin"] for row in echoed} == ({feed.name} if feed.tells else set())
    assert {row["agent"] for row in echoed} <= {"", "Marta"}, "nobody of ours did it"

    await keep(other, "true")
    assert await told(other, tmp_path, "eco") == [], "what one creditor's file says is not another's to read"
    assert await told(other, tmp_path) == []


async def test_a_portfolio_that_takes_debts_back_is_the_creditors_own_word(db: asyncpg.Pool, tmp_path: Path) -> None:
    world = await house(db, "Banco Andino")
    await owing(world)
    await owing(world, status="retirada", at_day=1)
    await owing(world, status="vigente", at_day=2)
    assert await told(world, tmp_path) == []
    await keep(world, "true")
    assert [(row["outcome"], row["origin"], row["agent"]) for row in await told(world, tmp_path, "eco")] == [
        ("hold_recalled", "portfolio", ""), ("hold_lifted", "portfolio", ""),
    ]  # fmt: skip


async def test_an_echo_may_be_of_some_feeds(db: asyncpg.Pool, tmp_path: Path) -> None:
    world = await house(db, "Banco Andino")
    await owing(world)
    for one in (FILES[0], FILES[3]):
        await world.feed(one.name, *one.lines)
    await keep(world, '["optouts"]')
    assert [(row["outcome"], row["origin"]) for row in await told(world, tmp_path, "eco")] == [("opt_out", "optouts")]


@pytest.mark.parametrize(
    ("echo", "column", "says"),
    [
        ('["contacto"]', "origin", "no se conoce el archivo «contacto»; ¿quiso decir «contacts»"),
        ('"contacts"', "origin", "escriba true, false o una lista de: portfolio"),
        ("true", "reference", 'ponga una columna con el campo "origin"'),
    ],
)
def test_an_echo_that_cannot_be_is_told(echo: str, column: str, says: str) -> None:
    text = ECHO.format(echo=echo).replace('"origin" = "origin"', f'"x" = "{column}"')
    with pytest.raises(TomlError, match=r"línea 2: echo: ") as why:
        load_profile(text)
    assert says in str(why.value)
    assert load_profile(ECHO.format(echo="true")).echo == FEEDS
    assert load_profile(ECHO.format(echo="false")).echo == ()


async def test_what_came_of_a_promise_is_of_whoever_took_it(db: asyncpg.Pool, tmp_path: Path) -> None:
    """Ours is ours though the creditor's file shows that it was kept; its own is its own though our clock broke it."""
    world = await house(db, "Banco Andino")
    await owing(world)
    await world.feed(FILES[0].name, *FILES[0].lines)
    (ana,) = await db.fetch("select id from person")
    (theirs,) = await db.fetch("select id from promise")
    ours = happened(world.creditor, ana["id"], promise("ours", 100_000, days=2), outside=True)
    await note(db, ours)
    await world.feed("payments", FILES[7].lines[0], "A1;100000;24/11/2026;R1;pago", at=NOW + timedelta(days=2))
    broken = f.PromiseBroken(theirs["id"], NOW.date() + timedelta(days=5))
    await note(db, happened(world.creditor, ana["id"], broken, by="system", outside=True))
    kept = await db.fetchrow("select who, cause from fact where kind = 'promise_kept'")
    assert kept is not None, "the file's payment keeps it"
    assert kept["cause"] in [row["id"] for row in await db.fetch("select id from import")]

    assert [(row["outcome"], row["agent"]) for row in await told(world, tmp_path)] == [
        ("promise", "bot"), ("promise_kept", "bot"),
    ]  # fmt: skip
    await keep(world, "true")
    assert [(row["outcome"], row["origin"]) for row in await told(world, tmp_path, "eco")] == [
        ("promise", "contacts"), ("imported_reached", "contacts"), ("promise", ""), ("payment_reported", "payments"),
        ("promise_kept", ""), ("promise_broken", "contacts"),
    ]  # fmt: skip


async def test_what_another_creditors_file_led_to_is_never_told(db: asyncpg.Pool, tmp_path: Path) -> None:
    """Nothing writes such a fact; were one written, it would stay where it is."""
    world, other = await house(db, "Banco Andino"), await house(db, "Tienda Sur")
    await owing(world)
    await owing(other)
    await other.feed("registers", *FILES[5].lines)
    (ana,) = await db.fetch("select id from person where creditor_id = $1", world.creditor.id)
    (file,) = await db.fetch("select id from import where creditor_id = $1 and feed = 'registers'", other.creditor.id)
    (r,) = happened(world.creditor, ana["id"], f.HoldPlaced("death"), outside=True)
    await note(db, [type(r)(**{**{name: getattr(r, name) for name in r.__struct_fields__}, "cause": file["id"]})])
    await keep(world, "true")
    assert await told(world, tmp_path, "eco") == []
    assert await db.fetchval("select txid <> '0' from result_cursor where creditor_id = $1", world.creditor.id)


async def test_an_agents_calls_and_a_channel_opened_again_are_told(db: asyncpg.Pool, tmp_path: Path) -> None:
    world = await house(db, "Banco Andino")
    await owing(world)
    ledger = StoredLedger(db, RING)
    talk = await world.talk("52345678")
    for n, (result, reached) in enumerate([("no_answer", False), ("promise", True), ("a_new_one", False)]):
        call = f.CallLogged("marta", f"k{n}", result, reached, "dijo que estaba enferma")
        assert await ledger.called(talk, call, NOW + timedelta(minutes=n))
    person = world.person("52345678")
    await ledger.close(person, NOW, "c")
    await ledger.reopen(person, "quiero", NOW, "r")
    lines = await told(world, tmp_path)
    assert [(row["kind"], row["outcome"], row["code"], row["channel"], row["agent"]) for row in lines] == [
        ("attempts", "call_no_answer", "LL08", "voice", "marta"),
        ("attempts", "call_promise", "LL02", "voice", "marta"),
        ("attempts", "call", "LL14", "voice", "marta"),
        ("opt_outs", "opt_out", "CD08", "*", "bot"),
        ("opt_outs", "opt_out_undone", "CD09", "*", "bot"),
    ]  # fmt: skip
    assert [row["reference"] for row in lines[:3]] == ["k0", "k1", "k2"]
    assert "enferma" not in str(lines), "nobody's words leave the house"
    assert derive("call", talk, "k0") not in str(lines)
