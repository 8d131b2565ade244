"""What stops, who may be written to, who answers, and what opens: the operator's switches."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg

from acuerdo.adapters.store.links import issue, new_token

from .conftest import Run, lines


def test_stop_all_stops_until_it_is_lifted(run: Run) -> None:
    assert lines(run("stop-all", "--why", "archivo equivocado", "--json")) == [{"stopped": True, "changed": True}]
    run("stop-all", code=4)
    (told,) = [check for check in lines(run("doctor", "--json"))[0]["checks"] if check["name"] == "outbound"]
    assert "archivo equivocado" in told["found"]
    run("stop-all", "--resume")
    run("stop-all", "--resume", code=4)


def test_the_allow_list_begins_with_its_first_address_and_ends_with_go_live(run: Run) -> None:
    run("allow", "add", "+573001234567", "--label", "el de Ana")
    (told,) = lines(run("allow", "list", "--json"))
    assert told == {"only_listed": True, "labels": ["el de Ana"], "in_settings": []}
    run("allow", "remove", "+573000000000", code=4)
    run("allow", "remove", code=2)
    run("allow", "remove", "--all")
    assert lines(run("allow", "list", "--json"))[0]["only_listed"] is False


async def test_an_address_of_the_list_is_kept_as_a_hash_alone(run: Run, db: asyncpg.Pool) -> None:
    import asyncio

    await asyncio.to_thread(run, "allow", "add", "+573001234567")
    kept = await db.fetch("select * from allowed")
    assert len(kept) == 1
    assert "3001234567" not in str(kept)


def test_an_agent_has_a_password_that_is_not_too_short(run: Run) -> None:
    assert "10 characters" in run("agent", "add", "ana", stdin="corta\n", code=2).stderr
    assert lines(run("agent", "add", "Ana", "--json", stdin="una-clave-larga\n")) == [{"login": "ana", "role": "agent"}]


def test_a_link_that_never_was_cannot_be_revoked(run: Run) -> None:
    assert "there never was" in run("link", "revoke", "http://127.0.0.1:8000/c/nadie", code=1).stderr


def test_a_revoked_link_is_revoked_once(run: Run, env: dict[str, str], db_url: str) -> None:
    import asyncio

    token = asyncio.run(_link(env, db_url))
    run("link", "revoke", f"http://127.0.0.1:8000/c/{token}")
    run("link", "revoke", token, code=4)


def test_no_link_ends_in_a_sign_or_looks_like_an_option() -> None:
    tokens = [new_token() for _ in range(2_000)]
    assert all(t[0].isalnum() and t[-1].isalnum() and len(t) == 22 for t in tokens)
    assert any(not t.isalnum() for t in tokens)


async def _link(env: dict[str, str], db_url: str) -> str:
    from pathlib import Path

    from acuerdo.adapters.store.keys import Keyring
    from acuerdo.service.settings import Settings

    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    keyring = Keyring.of(Settings(_env_file=None, data_dir=Path(env["ACUERDO_DATA_DIR"])))
    db = await asyncpg.connect(db_url)
    await db.execute("insert into creditor (id, name, settings, added_at) values ('c', 'Banco', '{}', $1)", at)
    await db.execute("insert into subject (id, country) values ('s', 'CO')")
    await db.execute(
        """insert into person (id, creditor_id, subject_id, country, zones, sealed, digest)
           values ('p', 'c', 's', 'CO', '{America/Bogota}', '', '')"""
    )
    token, _ = await issue(
        db, keyring, creditor="c", person="p", channel="sms", address_hash="h", at=at, days=15
    )  # fmt: skip
    await db.close()
    return token
