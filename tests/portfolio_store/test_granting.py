"""A creditor's authority file is what its conversations may concede, from the next message on."""

from importlib import resources

import asyncpg
import pytest

from acuerdo.adapters.store.portfolio import StoredCreditors
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.adapters.store.views import view_of
from acuerdo.core.negotiation.authority import BadAuthority
from acuerdo.service.creditors import creditor_named, grant
from acuerdo.service.segmenting import segment_accounts, shipped_segments

from .portfolio_cases import ANA, IVAN, NOW, RING, creditor_in, imported

EXAMPLE = (resources.files("acuerdo") / "policies" / "authority.example.toml").read_text("utf-8")


async def test_a_granted_file_is_what_a_conversation_may_concede(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    await segment_accounts(StoredSegments(db), creditor, shipped_segments(), NOW)
    store = StoredCreditors(db, RING)
    mine = EXAMPLE.replace("Banco Andino", creditor.name)
    person = await db.fetchval("select person_id from account where external_id = 'A2'")
    async with db.acquire() as connection:
        before = (await view_of(connection, RING, person, "t", NOW)).owed[0].authority
        assert (before.max_installments, int(before.max_discount_pct), before.stage) == (6, 15, "mid")
        await grant(store, creditor, mine, NOW)
        after = (await view_of(connection, RING, person, "t", NOW)).owed[0]
    assert (after.authority.max_installments, int(after.authority.min_down_pct)) == (12, 10)
    assert after.authority.max_discount_pct == (10 if after.days_past_due <= 45 else 15)
    with pytest.raises(BadAuthority, match="is of 'Banco Otro'"):
        await grant(store, creditor, mine.replace(creditor.name, "Banco Otro"), NOW)
    changed = await creditor_named(store, creditor.name)
    with pytest.raises(BadAuthority, match="overlap"):
        await grant(store, changed, mine.replace("effective_from = 2026-01-01", "effective_from = 2026-06-01"), NOW)
    assert (await grant(store, changed, mine + "\n# mended\n", NOW)).settings.authorities == (mine + "\n# mended\n",)
