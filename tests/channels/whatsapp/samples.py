"""A registry and contents of every shape, for the tests of WhatsApp."""

from __future__ import annotations

from pathlib import Path

from acuerdo.adapters.channels.whatsapp import Keys, WhatsApp
from acuerdo.adapters.channels.whatsapp.registry import Registry, load
from acuerdo.core.messages import Button, Card, Content, File, Input, Link

REGISTRY = Path(__file__).parent / "registry.toml"
NUMBER = "106540352242922"
LINK = Link("Pagar", "https://tienda.example/p/abc123")
PDF = File("f1", "Acuerdo de pago.pdf")
PHOTO = File("f2", "recibo.png", "image/png")
INVITED = (
    "Le escribe el asistente virtual de Tienda. Tiene un mensaje privado e importante. Lo puede leer cuando guste en "
    "https://tienda.example/c/tok123 Si no desea recibir mensajes, responda BAJA."
)


def buttons(many: int, title: str = "Opción") -> tuple[Button, ...]:
    return tuple(Button(f"b{n}", f"{title} {n}") for n in range(1, many + 1))


def cards(many: int, picture: str = "") -> tuple[Card, ...]:
    return tuple(Card(f"c{n}", f"{n} cuotas", (f"${n}0.000 al mes",), "Elegir", picture) for n in range(1, many + 1))


SHAPES: dict[str, Content] = {
    "text": Content("Hola, ¿cómo le va?"),
    "longest text": Content("a" * 5000),
    "one button": Content("¿Seguimos?", buttons(1)),
    "three buttons": Content("¿Qué prefiere?", buttons(3)),
    "four buttons": Content("¿Qué prefiere?", buttons(4)),
    "ten buttons": Content("¿Qué prefiere?", buttons(10)),
    "eleven buttons": Content("¿Qué prefiere?", buttons(11)),
    "long titles": Content(
        "¿Qué prefiere?", (Button("a", "Pagar todo hoy con descuento"), Button("b", "Pagar en tres cuotas iguales"))
    ),
    "titles that end alike": Content(
        "¿Qué?",
        (Button("a", "Quiero pagar la primera cuota hoy"), Button("b", "Quiero pagar la primera cuota mañana")),
    ),
    "a title too long for all": Content("¿Qué?", (Button("a", "x" * 80), Button("b", "no"))),
    "the same title twice": Content("¿Qué?", (Button("a", "Sí"), Button("b", "Sí"))),
    "a long body and buttons": Content("a" * 1025, buttons(2)),
    "cards": Content("Estas son sus opciones.", cards=cards(3)),
    "many cards": Content("Estas son sus opciones.", cards=cards(12)),
    "cards and buttons": Content("Opciones.", buttons(2), cards(3)),
    "a link": Content("Puede pagar aquí.", link=LINK),
    "a link and buttons": Content("Puede pagar aquí.", buttons(2), link=LINK),
    "an input": Content("¿Cuándo?", input=Input("date", "Escriba una fecha")),
    "a file": Content("Su acuerdo.", files=(PDF,)),
    "a file alone": Content("", files=(PDF,)),
    "a photo": Content("Su recibo.", files=(PHOTO,)),
    "a file and buttons": Content("Su acuerdo.", buttons(2), files=(PDF,)),
    "a file and a list": Content("Su acuerdo.", buttons(5), files=(PDF,)),
    "a file and a long text": Content("a" * 2000, files=(PDF,)),
    "two files": Content("Sus papeles.", files=(PDF, PHOTO)),
    "two files and buttons": Content("Sus papeles.", buttons(2), files=(PDF, PHOTO)),
}  # fmt: skip


def registry() -> Registry:
    return load(REGISTRY)


def whatsapp(url: str = "http://127.0.0.1:9") -> WhatsApp:
    return WhatsApp(registry(), Keys({NUMBER: "t"}, "s", "w"), url)
