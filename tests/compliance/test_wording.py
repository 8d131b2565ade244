"""Facts may be said; threats, shame and lies may not."""

from __future__ import annotations

import pytest

from acuerdo.core.compliance import Cleared, Refused

from .compliance_cases import cited, verdict

AT = "2026-11-25 10:00"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Le vamos a embargar la cuenta.", "COM-embargo"),
        ("EVITE EL EMBARGO", "COM-embargo"),
        ("le em\u200bbar\u00adgaremos el sueldo", "COM-embargo"),
        ("Si no paga mañana puede ir a la cárcel", "COM-carcel"),
        ("Vamos a denunciarlo, usted cometió un delito; irá preso", "COM-carcel"),
        ("ÚLTIMO   AVISO", "COM-juicio"),
        ("Nos veremos obligados a iniciar acciones legales", "COM-juicio"),
        ("Su nombre quedará manchado: será reportado al buró", "COM-buro"),
        ("Informaremos a su empleador", "COM-terceros"),
        ("Hola, soy su asesora Laura.", "COM-humano"),
    ],
)
def test_what_never_leaves(text: str, rule: str) -> None:
    answer = verdict(AT, "CO", text=text)
    assert isinstance(answer, Refused)
    assert rule in cited(answer)


@pytest.mark.parametrize(
    "text",
    [
        "Le escribe Cobros Claros, por encargo de Banco Andino. Soy un asistente automático. Responda BAJA para no "
        "recibir más mensajes por este canal o PERSONA para hablar con alguien.",
        "Su saldo es de $ 450.000 y venció el 5 de noviembre. Puede pagar hoy, en cuotas o proponernos una fecha.",
        "Si el pago no llega, el acuerdo pierde su descuento y el saldo vuelve a ser el del contrato.",
        "¿Puedo ir a la cárcel? No: por una deuda como esta nadie va a la cárcel.",
        "Un embargo solo lo puede ordenar un juez, después de un proceso del que usted sería notificada.",
        "Sin embargo, si prefiere otra fecha, dígame cuál le queda mejor.",
        "Nosotros no reportamos a centrales de riesgo; si el banco lo hiciera, debe avisarle antes con 20 días.",
        "Lamento que haya perdido su trabajo. Podemos pausar los pagos por 30 días y le llama una persona.",
        "Este chat es privado: no contactaremos a su familia ni a su trabajo.",
        "En un momento le atiende una persona de nuestro equipo.",
        "Por seguridad, escriba los últimos cuatro caracteres de su documento.",
        "Este es su último pago del plan. ¡Felicitaciones!",
        "Recibimos su pago de $ 150.000. Le enviamos el recibo.",
        "Si no reconoce esta deuda, dígalo aquí y la revisamos; mientras tanto no le escribiremos.",
        "Si no paga en esa fecha, escríbanos y buscamos otra.",
        "Gracias por contarme. ¿Qué fecha le conviene?",
        "El fraude se investiga: detenemos la gestión y le pedimos los datos a la persona encargada.",
        "Términos legales: al decir sí acepta el plan de 3 cuotas.",
    ],
)
def test_facts_and_kindness_pass_in_every_country(text: str) -> None:
    for country in ("CO", "MX", "CL", "PE", "AR", "ES"):
        assert isinstance(verdict(AT, country, text=text), Cleared), country
