"""A creditor's program sends rows and files: what it hears of each row, and what it never gets to see."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import httpx
import pytest

from acuerdo import worker
from acuerdo.app import App
from acuerdo.service.creditors import Creditor
from acuerdo.testing.clock import FixedClock
from acuerdo.web.api import bodies, routes

from .conftest import AT, BAD, GOOD, HEADER, OTHER, Program

ANA = {
    "external_id": "A-1", "document": "52345678", "name": "Ana Ruiz", "phone": ["3005550101", "3005550109"],
    "product": "libranza", "balance": 900000.5, "due_date": "2026-11-01",
}  # fmt: skip
LUZ = ANA | {"external_id": "A-3", "document": "80111222", "name": "Luz Soto", "balance": -15000}


async def _accounts(house: App) -> int:
    return int(await house.pool.fetchval("select count(*) from account"))


async def test_rows_go_in_and_each_is_answered(house: App, program: Program) -> None:
    answer = await program.post(json={"rows": [ANA, LUZ]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["status"], told["counts"]["added"], told["counts"]["set_aside"]) == ("done", 1, 1)
    first, second = told["rows"]
    assert (first["row"], first["status"]) == (1, "taken")
    assert (second["row"], second["status"], second["column"]) == (2, "set_aside", "balance")
    assert second["code"]
    assert second["reason"]
    assert second["mend"]
    assert await house.pool.fetchval("select balance from account") == 90_000_050


async def test_all_that_is_wrong_with_a_row_is_told_in_the_senders_own_terms(program: Program) -> None:
    bad = ANA | {"external_id": "A-4", "document": "5.23E+07", "balance": "1.2.3", "due_date": "31/02/2026", "name": ""}
    answer = await program.post(json={"rows": [ANA, bad, ANA | {"balance": 5}, LUZ | {"telefno": "300", "balance": 1}]})
    told = answer.json()
    rows = {row["row"]: row for row in told["rows"]}
    assert {one["field"]: one["code"] for one in rows[2]["faults"]} == {
        "document": "spreadsheet_number", "balance": "amount_unclear", "due_date": "date_impossible", "name": "missing",
    }  # fmt: skip
    assert all(one["reason"] and one["mend"] for one in rows[2]["faults"])
    assert (rows[3]["status"], rows[3]["reason"]) == ("set_aside", "«A-1» ya está en la fila 1")
    assert [(note["field"], note["code"]) for note in told["notes"]] == [("telefno", "column_unknown")]
    assert "«phone»" in told["notes"][0]["mend"]
    for word in ("mapeo", "--mapping", "celda", "hoja de cálculo", "columna", "exportar"):
        assert word not in "".join(one["mend"] for row in told["rows"] for one in row.get("faults", ()))


async def test_fields_that_no_row_has_are_asked_for_by_name_and_without_files(program: Program) -> None:
    answer = await program.post(json={"rows": [{"external_id": "A-1", "document": "52345678", "name": "Ana"}]})
    detail = answer.json()["detail"]
    assert answer.status_code == 422
    assert all(name in detail for name in ("product", "balance", "due_date o days_past_due"))
    assert not any(word in detail for word in ("--mapping", "mapeo", "archivo"))
    twice = {name: value for name, value in ANA.items() if name != "balance"} | {"saldo": 5, "deuda": 6}
    detail = (await program.post(json={"rows": [twice]})).json()["detail"]
    assert all(word in detail for word in ("«saldo»", "«deuda»", "Envíe uno solo"))
    assert "mapeo" not in detail


async def test_a_file_is_told_all_that_is_wrong_with_a_row_too(program: Program) -> None:
    wrong = BAD.replace("80111222", "12")
    answer = await program.post(content=(HEADER + wrong).encode(), headers={"content-type": "text/csv"})
    (row,) = [row for row in answer.json()["rows"] if row["status"] == "set_aside"]
    assert len(row["faults"]) > 1
    assert row["faults"][0]["reason"] == row["reason"]


async def test_the_same_rows_again_are_unchanged(program: Program) -> None:
    await program.post(json={"rows": [ANA]})
    told = (await program.post(json={"rows": [ANA]})).json()
    assert [row["status"] for row in told["rows"]] == ["unchanged"]


async def test_a_file_goes_in_bare_or_in_a_form(house: App, program: Program) -> None:
    bare = await program.post(
        content=(HEADER + GOOD).encode(), headers={"content-type": "text/csv"}, params={"filename": "cartera.csv"}
    )
    form = await program.post(
        files={"file": ("otra.csv", (HEADER + OTHER).encode("cp1252"), "text/csv")}, data={"country": "CO"}
    )
    assert (bare.status_code, form.status_code) == (200, 200), bare.text + form.text
    assert (bare.json()["file"], form.json()["file"]) == ("cartera.csv", "otra.csv")
    assert await _accounts(house) == 2


async def test_a_forms_mapping_is_used(house: App, program: Program) -> None:
    odd = (HEADER + GOOD).replace("Número crédito", "Clave rara")
    mapping = '[columns]\n"Clave rara" = "external_id"\n'
    answer = await program.post(files={"file": ("c.csv", odd.encode())}, data={"mapping": mapping})
    assert answer.json()["counts"]["added"] == 1


async def test_the_same_key_and_content_get_the_same_answer(house: App, program: Program, clock: FixedClock) -> None:
    first = await program.post(json={"rows": [ANA, LUZ]}, once="noche-24")
    clock.go_on(timedelta(hours=1))
    again = await program.post(json={"rows": [ANA, LUZ]}, once="noche-24")
    assert first.json()["counts"]["added"] == 1
    assert again.json() == first.json()
    assert await house.pool.fetchval("select count(*) from import") == 1


async def test_the_same_key_with_another_content_is_a_conflict(house: App, program: Program) -> None:
    await program.post(json={"rows": [ANA]}, once="noche-24")
    answer = await program.post(json={"rows": [ANA | {"balance": 1}]}, once="noche-24")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert await house.pool.fetchval("select count(*) from import") == 1


async def test_two_at_once_with_one_key_are_taken_once(house: App, program: Program) -> None:
    sent = [program.post(json={"rows": [ANA]}, once="noche-24") for _ in range(4)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert await house.pool.fetchval("select count(*) from import") == 1


async def test_what_cannot_be_read_is_refused_whole_and_again(house: App, program: Program) -> None:
    sent = {"content": b"a;b;c\n1;2;3\n", "headers": {"content-type": "text/csv"}}
    answer = await program.post(**sent, once="mala")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "external_id" in answer.json()["detail"]
    assert (await program.post(**sent, once="mala")).json() == answer.json()
    assert await _accounts(house) == 0


async def test_a_creditor_without_a_country_is_told_how_to_say_it(house: App, program: Program, bank: Creditor) -> None:
    await house.pool.execute("""update creditor set settings = settings - 'country'""")
    assert "país" in (await program.post(json={"rows": [ANA]})).json()["detail"]
    assert (await program.post(json={"rows": [ANA], "country": "CO"})).status_code == 200


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "JSON"), (b"[1,2]", "JSON"), (b'{"rows": []}', "vac"), (b'{"rows": [{"name": {"a": 1}}]}', "Fila 1"),
     (b'{"rows": [{"x": "1"}], "otra": 1}', "JSON")],
)  # fmt: skip
async def test_json_that_holds_no_rows_is_told_so(program: Program, content: bytes, says: str) -> None:
    answer = await program.post(content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


async def test_an_empty_body_a_form_without_a_file_and_form_fields_are_refused(program: Program) -> None:
    assert (await program.post(content=b"", headers={"content-type": "text/csv"})).status_code == 400
    assert (await program.post(files={"otro": (None, "x")})).status_code == 400
    assert (await program.post(data={"rows": "x"})).status_code == 415
    broken = {"content": b"nada", "headers": {"content-type": "multipart/form-data"}}
    assert (await program.post(**broken)).status_code == 400


async def test_what_is_too_large_is_refused_also_when_it_does_not_say_so(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LARGEST", 1000)
    monkeypatch.setattr(bodies, "LARGEST_JSON", 1000)

    async def endless():  # type: ignore[no-untyped-def]
        for _ in range(50):
            yield b"x" * 100

    assert (await program.post(content=endless(), headers={"content-type": "text/csv"})).status_code == 413
    assert (await program.post(content=b"x" * 2000, headers={"content-type": "text/csv"})).status_code == 413
    assert (await program.post(json={"rows": [ANA] * 10})).status_code == 413
    assert (await program.post(files={"file": ("c.csv", b"x" * 2000)})).status_code == 413


async def test_a_large_file_is_left_to_a_worker(house: App, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "AT_ONCE", 100)
    sent = {"content": (HEADER + GOOD + BAD).encode(), "headers": {"content-type": "text/csv"}, "once": "grande"}
    answer = await program.post(**sent)
    assert answer.status_code == 202, answer.text
    where = answer.headers["location"].removeprefix(f"/api/v1/creditors/{program.creditor}")
    assert (await program.get(where)).json()["status"] == "waiting"
    assert (await program.post(**sent)).status_code == 202
    kept = await house.pool.fetchval("select string_agg(sealed, ''::bytea) from arrival_part")
    assert b"Ana" not in kept

    await worker.drain(house)
    told = (await program.get(where)).json()
    assert (told["status"], told["counts"]["added"], told["counts"]["set_aside"]) == ("done", 1, 1)
    assert [row["status"] for row in told["rows"]] == ["taken", "set_aside"]
    assert await house.pool.fetchval("select count(*) from arrival_part") == 0
    assert (await program.post(**sent)).json() == told


async def test_a_large_file_that_cannot_be_read_is_told_where_one_looks(
    house: App, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "AT_ONCE", 1)
    answer = await program.post(content=b"a;b\n1;2\n", headers={"content-type": "text/csv"})
    await worker.drain(house)
    where = answer.headers["location"].removeprefix(f"/api/v1/creditors/{program.creditor}")
    told = (await program.get(where)).json()
    assert told["status"] == "refused"
    assert "external_id" in told["error"]


async def test_nothing_is_told_without_a_key_that_is_in_force(
    house: App, web: httpx.AsyncClient, program: Program
) -> None:
    wrong = [
        "", "nada", program.key[:-1], program.key + "x", program.key.replace("acuerdo_", "otro_"),
        f"acuerdo_{'0' * 12}_{program.key.rpartition('_')[2]}",
    ]  # fmt: skip
    for key in wrong:
        answer = await Program(web, program.creditor, key).get("/imports")
        assert (answer.status_code, answer.headers.get("www-authenticate")) == (401, "Bearer")
    assert await house.keys.revoke(program.creditor, "core", AT)
    assert (await program.get("/imports")).status_code == 401


async def test_a_key_sees_its_own_creditor_alone(
    house: App, web: httpx.AsyncClient, program: Program, shop: Creditor
) -> None:
    key, _ = await house.keys.add(shop.id, "otro", ("feeds:write", "feeds:read", "results:read"), AT)
    stranger = Program(web, shop.id, key)
    sent = await program.post(json={"rows": [ANA]}, once="uno")
    import_id = sent.json()["import_id"]
    arrival = sent.json()["id"]
    for path in ("/imports", f"/imports/{import_id}", f"/arrivals/{arrival}", "/freshness"):
        assert (await stranger.get(path, of=program.creditor)).status_code == 404
        assert (await program.get(path)).status_code == 200
    assert (await stranger.get(f"/imports/{import_id}")).status_code == 404
    assert (await stranger.get(f"/arrivals/{arrival}")).status_code == 404
    assert (await stranger.get("/imports")).json()["imports"] == []
    assert (await stranger.post(json={"rows": [ANA]}, of=program.creditor)).status_code == 404
    assert (await stranger.post(json={"rows": [ANA]}, once="uno")).json()["counts"]["added"] == 1


async def test_a_key_does_what_its_scopes_say(house: App, web: httpx.AsyncClient, bank: Creditor) -> None:
    key, _ = await house.keys.add(bank.id, "lectura", ("feeds:read",), AT)
    reader = Program(web, bank.id, key)
    assert (await reader.post(json={"rows": [ANA]})).status_code == 403
    assert (await reader.get("/imports")).status_code == 200


async def test_a_key_is_kept_as_a_digest_and_its_use_noted(house: App, program: Program) -> None:
    await program.get("/freshness")
    row = await house.pool.fetchrow("select * from api_key")
    secret = program.key.rpartition("_")[2]
    assert secret.encode() not in bytes(row["hash"])
    assert secret not in str(dict(row))
    assert row["used_at"] == AT


async def test_imports_are_listed_and_one_is_told_with_its_rows(program: Program) -> None:
    sent = (await program.post(json={"rows": [ANA, LUZ]})).json()
    listed = (await program.get("/imports?feed=portfolio")).json()["imports"]
    assert [one["id"] for one in listed] == [sent["import_id"]]
    one = (await program.get(f"/imports/{sent['import_id']}")).json()
    assert one["rows"] == sent["rows"]
    assert (await program.get("/imports?feed=payments")).json()["imports"] == []
    assert (await program.get("/imports/nada")).status_code == 404
    assert (await program.get("/imports?feed=nada")).status_code == 400
    assert (await program.get("/imports?limit=0")).status_code == 400


async def test_freshness_is_told_by_feed(program: Program) -> None:
    await program.post(json={"rows": [ANA]})
    (one,) = (await program.get("/freshness")).json()["feeds"]
    assert (one["feed"], one["late"], one["age_minutes"], one["cut_off"]) == ("portfolio", False, 0, "2026-11-24")


async def test_a_fault_of_ours_tells_nothing_of_anybody(
    house: App, program: Program, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise ValueError("Ana Ruiz debe 900000")

    monkeypatch.setattr(routes, "receive", breaks)
    with caplog.at_level(logging.DEBUG):
        answer = await program.post(json={"rows": [ANA]})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Ana" not in answer.text + caplog.text


async def test_while_the_database_is_away_a_program_is_told_to_repeat(house: App, program: Program) -> None:
    house.pool.terminate()
    answer = await program.get("/imports")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/nada"), ("PUT", "/creditors/x/imports"), ("POST", "/docs")])
async def test_what_is_not_there_is_a_problem_too(web: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await web.request(method, f"/api/v1{path}")
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_row_whose_person_may_be_somebody_we_know_is_doubtful(program: Program) -> None:
    await program.post(json={"rows": [ANA]})
    told = (await program.post(json={"rows": [ANA | {"external_id": "A-9", "document": "52345679"}]})).json()
    assert [row["status"] for row in told["rows"]] == ["doubtful"]


async def test_a_payment_of_an_unknown_account_is_unmatched(program: Program) -> None:
    await program.post(json={"rows": [ANA]})
    paid = {"external_id": "A-1", "amount": 1000, "paid_on": "2026-11-20", "reference": "R-1"}
    told = (
        await program.post("payments", json={"rows": [paid, paid | {"external_id": "Z", "reference": "R-2"}]})
    ).json()
    assert [row["status"] for row in told["rows"]] == ["taken", "unmatched"]
