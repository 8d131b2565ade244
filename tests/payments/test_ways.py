"""Un enlace y un código de pago por acreedor: los mismos para el mismo pago, y comprobables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from acuerdo.adapters.gateways.links import LinkGateway
from acuerdo.core.payments.ways import BadWays, luhn, read_ways
from acuerdo.core.words import Money
from acuerdo.service.gateways import GatewayDown
from acuerdo.testing.suites.gateway import Bench, LinkContract, Posted, intent

WAYS = """
[[way]]
creditor = "Tienda"
kind = "pse"
digits = 12
prefix = "77"
url = "https://pagos.example/pse?ref={code}&valor={amount}"

[[way]]
creditor = "Caja"
kind = "spei"
digits = 7
check = false
steps = ["Abra su banca móvil y elija SPEI.", "Ponga la referencia {code} y el importe {amount}."]
"""


async def _nothing(url: str) -> None:
    raise AssertionError("nobody pays here")


async def _no_posts() -> list[Posted]:
    return []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "ways.toml").write_text(WAYS, "utf-8")
    gateway = LinkGateway(tmp_path / "ways.toml")
    return Bench(gateway, _nothing, _nothing, _no_posts, datetime(2026, 11, 23, tzinfo=UTC))


class TestLinks(LinkContract):
    """The template is held to what every gateway has to do."""


def test_el_codigo_es_del_pago_lleva_su_prefijo_y_su_digito() -> None:
    way = read_ways(WAYS, "prueba")["Tienda"]
    codes = [way.code(f"p{n}") for n in range(2000)]
    assert codes == [way.code(f"p{n}") for n in range(2000)]
    assert all(len(c) == 12 and c.startswith("77") and c[-1] == luhn(c[:-1]) for c in codes)
    assert len(set(codes)) == len(codes)
    assert luhn("7992739871") == "3"


def test_el_enlace_y_los_pasos_se_llenan() -> None:
    ways = read_ways(WAYS, "prueba")
    code = ways["Tienda"].code("p1")
    url = ways["Tienda"].link("p1", Money(4_000_050, "COP"))
    assert url == f"https://pagos.example/pse?ref={code}&valor=40000.50"
    assert ways["Caja"].link("p1", Money(100, "MXN")) == ""
    assert ways["Caja"].told("p1", Money(10_000, "MXN"))[1] == (
        f"Ponga la referencia {ways['Caja'].code('p1')} y el importe 100."
    )


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ("digits = 12", "digits = 21", "at most 20 digits"),
        ("digits = 7", "digits = 3", "4 of them of its own"),
        ("https://pagos", "http://pagos", "begins with https"),
        ("{amount}.", "{monto}.", "{monto} is not one of amount, code, reference"),
        ('prefix = "77"', 'prefix = "7x"', "is digits"),
        ('"Caja"', '"Tienda"', "has two ways"),
        ('"spei"', '"paypal"', "paypal"),
    ],
)
def test_un_archivo_que_no_sirve_se_rechaza_con_el_remedio(was: str, now: str, why: str) -> None:
    assert was in WAYS
    with pytest.raises(BadWays, match=why):
        read_ways(WAYS.replace(was, now), "prueba")


async def test_lo_que_el_archivo_no_dice_no_se_inventa(bench: Bench, tmp_path: Path) -> None:
    made = await bench.gateway.create(intent())
    assert made.url.startswith("https://pagos.example/pse?ref=77")
    with pytest.raises(GatewayDown, match="has no way to pay 'Otra'"):
        bench.gateway.steps("Otra", "p", Money(1, "COP"))  # type: ignore[attr-defined]
    with pytest.raises(GatewayDown, match="PSE takes COP, not USD"):
        bench.gateway.steps("Tienda", "p", Money(1, "USD"))  # type: ignore[attr-defined]
    with pytest.raises(GatewayDown, match="write one"):
        await LinkGateway(tmp_path / "none.toml").create(intent())
    (tmp_path / "old.toml").write_bytes(WAYS.replace("Abra su", "¡Abra su").encode("cp1252"))
    with pytest.raises(GatewayDown, match="is not UTF-8; save the file as UTF-8"):
        await LinkGateway(tmp_path / "old.toml").create(intent())
    (tmp_path / "marked.toml").write_text(WAYS, "utf-8-sig")
    assert LinkGateway(tmp_path / "marked.toml").ways.keys() == {"Tienda", "Caja"}
