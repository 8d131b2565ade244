"""The interface as it is described: its OpenAPI document, with an example of each feed, and a page that shows it."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from acuerdo.core.portfolio.forms import Form
from acuerdo.service.door import MOST_ROWS, Answer
from acuerdo.service.inlets import FORMS
from acuerdo.web.api.bodies import LARGEST, LARGEST_JSON
from acuerdo.web.api.problems import TITLES
from acuerdo.web.pages import HEADERS, templates

SEND = "/creditors/{creditor_id}/feeds/{feed}"
ABOUT = (
    "Envíe la cartera y los demás datos de un acreedor, y sepa qué fue de cada fila. Cada clave vale para un solo "
    "acreedor. Enviar dos veces lo mismo no cambia nada."
)
SENT = (
    f"Filas como JSON (hasta {LARGEST_JSON >> 20} MB), o un archivo CSV, XLSX o Parquet (hasta {LARGEST >> 20} MB) tal "
    "cual o como formulario. Los archivos grandes se responden con 202 y la dirección donde ver el resultado. Con la "
    "misma Idempotency-Key y el mismo contenido se repite la misma respuesta; con otro contenido, 409."
)
PARAMETERS = {
    "creditor_id": "El acreedor de la clave; lo dice acuerdo key add.",
    "arrival_id": "El envío, como lo dice su respuesta (id).",
    "import_id": "La importación, como la dicen el envío y la lista.",
    "profile": "El perfil de resultados; «estandar» está siempre.",
    "n": "El número del archivo.",
    "limit": "Cuántas, de 1 a 500; si falta, 50.",
}
KINDS = (
    "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.apache.parquet",
    "application/octet-stream",
)  # fmt: skip
STATUSES = (
    ("taken", "entró, o cambió lo que había"), ("unchanged", "ya estaba igual"),
    ("set_aside", "no entró; reason dice por qué y mend cómo corregirla"),
    ("unmatched", "no corresponde a ninguna obligación o persona conocida"),
    ("doubtful", "entró, y una persona revisará de quién es"),
)  # fmt: skip


def describe(made: FastAPI) -> None:
    """Gives the application its OpenAPI document, made once from its routes and the feeds' forms."""

    def openapi() -> dict[str, Any]:
        if made.openapi_schema is None:
            made.openapi_schema = _completed(FastAPI.openapi(made))
        return made.openapi_schema

    made.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to complete the document


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components((Answer,), ref_template="#/components/schemas/{name}")
    schemas["Answer"]["properties"].pop("set_aside_file")
    schemas["Problem"] = _problem()
    document["components"]["schemas"] = schemas
    for operations in document["paths"].values():
        for operation in operations.values():
            for one in operation["parameters"]:
                one.setdefault("description", PARAMETERS.get(one["name"], ""))
            operation["responses"] = {**_good("200", "Hecho"), **_bad("401", "403", "404", "503")}
    send = document["paths"][SEND]["post"]
    send["description"] = SENT
    send["requestBody"] = {"required": True, "content": _contents()}
    send["parameters"] += [
        _header("Idempotency-Key", "Repite la misma respuesta a la misma petición, durante treinta días."),
        *(_query(name, what) for name, what in (
            ("country", "País de las filas que no lo dicen: CO, MX, CL, PE, AR o ES; si falta, el del acreedor."),
            ("filename", "Nombre del archivo, cuando va tal cual."),
            ("sheet", "Hoja del libro; si falta, la primera con datos."),
        )),
    ]  # fmt: skip
    answer = {"$ref": "#/components/schemas/Answer"}
    send["responses"] = {
        **_good("200", "Entró; cada fila con lo que fue de ella", answer),
        **_good("202", "Se recibió; Location dice dónde ver el resultado", answer),
        **_bad("400", "401", "403", "404", "409", "413", "415", "422", "503"),
    }
    document["paths"]["/creditors/{creditor_id}/arrivals/{arrival_id}"]["get"]["responses"]["200"]["content"] = {
        "application/json": {"schema": answer}
    }
    return document


def _problem() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail")}
    return {"type": "object", "title": "Problem", "properties": {**texts, "status": {"type": "integer"}}}


def _contents() -> dict[str, Any]:
    rows = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
    country = {"type": "string"}
    return {
        "application/json": {
            "schema": {"type": "object", "required": ["rows"], "properties": {"rows": rows, "country": country}},
            "examples": {name: {"summary": form.name, "value": example(form)} for name, form in FORMS.items()},
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"}, "country": country,
                    "mapping": {"type": "string", "description": "Correspondencia de columnas, en TOML."},
                    "sheet": {"type": "string"},
                },
            }
        },
        **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS},
    }  # fmt: skip


def example(form: Form[Any]) -> dict[str, Any]:
    """A row of a form's own examples: its needed columns, and of each group one."""
    needed = {names[0] for names in form.groups.values()}
    return {"rows": [{one.name: one.examples[0] for one in form.columns if one.name in needed and one.examples}]}


def _good(status: str, what: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {status: {"description": what, "content": {"application/json": {"schema": schema or {"type": "object"}}}}}


def _bad(*statuses: str) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": TITLES[int(status)], "content": {"application/problem+json": schema}}
        for status in statuses
    }


def _header(name: str, what: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": what}


def _query(name: str, what: str) -> dict[str, Any]:
    return {**_header(name, what), "in": "query"}


def docs_page(made: FastAPI) -> HTMLResponse:
    """The interface as a page, with no script and nothing from elsewhere."""
    document = made.openapi()
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    base = document["servers"][0]["url"]
    shown = {
        "about": ABOUT, "base": base, "operations": operations, "statuses": STATUSES, "most": MOST_ROWS,
        "feeds": [(name, form, _shown(example(form))) for name, form in FORMS.items()],
    }  # fmt: skip
    body = templates().get_template("api.html").render(**shown)
    return HTMLResponse(body, headers={**HEADERS, "Cache-Control": "no-cache"})


def _shown(what: object) -> str:
    return msgspec.json.format(msgspec.json.encode(what), indent=2).decode()
