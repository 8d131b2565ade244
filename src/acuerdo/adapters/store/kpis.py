"""The figures in PostgreSQL: counted as facts settle, each fact once, by whichever worker comes by.

A fact is counted when no transaction older than its own is still open, so that one that commits late is never passed
over; the cursor is then beyond it for good.
"""

from __future__ import annotations

from acuerdo.adapters.store.db import Pool
from acuerdo.core.kpis.fold import Cell, Sum

BATCH = 20_000  # facts of one transaction

CURSOR = "select txid::text as txid, pos from kpi_cursor for update skip locked"
READ_ON = """
with fresh as materialized (
  select txid, pos, id, at, kind, creditor_id, person_id, account_id, conversation_id, campaign_id, shown::jsonb as j
  from fact
  where (txid, pos) > ($1::text::xid8, $2::bigint) and txid < pg_snapshot_xmin(pg_current_snapshot())
    and kind in ('message_sent', 'message_delivered', 'message_read', 'message_failed', 'link_opened',
                 'identified', 'heard', 'offer_made', 'agreement_accepted', 'agreement_superseded', 'promise_made',
                 'payment_link_sent', 'payment_received', 'handed_over', 'opted_out', 'satisfaction_given')
  order by txid, pos limit $3
), placed as (
  select f.txid, f.pos, f.id, f.kind, f.j, coalesce(f.creditor_id, '') as creditor,
         (f.at at time zone coalesce(p.zones[1], 'UTC'))::date as day, f.person_id as person,
         coalesce(f.conversation_id, f.person_id, f.id) as talk,
         coalesce(  -- as core.kpis.fold.segment_of says
           nullif(k.segment, 'all'),
           (select segment from placed where account_id = f.account_id),
           (select s.segment from account a join campaign_entry e on e.campaign_id = k.id and e.account_id = a.id
              join placed s on s.account_id = a.id
            where a.person_id = coalesce(p.root_id, f.person_id) and e.included order by a.id limit 1),
           nullif(c.segment, ''),
           (select s.segment from account a join placed s on s.account_id = a.id
            where a.person_id = coalesce(p.root_id, f.person_id)
            order by s.rank desc, a.id limit 1),
           '') as segment,
         coalesce(l.channel, c.channel, '') as channel
  from fresh f
  left join person p on p.id = f.person_id
  left join conversation c on c.id = f.conversation_id
  left join lateral (
    select channel, campaign_id from link
    where case when f.kind = 'link_opened' then token_hash = decode(f.j ->> 'token', 'hex')
               else false end
    union all
    (select channel, campaign_id from link
     where f.kind <> 'link_opened' and conversation_id = f.conversation_id order by issued_at, token_hash limit 1)
  ) l on true
  left join campaign k on k.id = coalesce(f.campaign_id, c.campaign_id, l.campaign_id)
), counted (txid, pos, day, creditor, segment, channel, measure, part, subject, n, amount, currency) as (
  select txid, pos, day, creditor, segment, j ->> 'channel', substr(kind, 9), '', j ->> 'key', 1, 0::bigint, ''
  from placed where kind in ('message_sent', 'message_delivered', 'message_read', 'message_failed')
  union all
  select txid, pos, day, creditor, segment, channel, 'opened', '', j ->> 'token', 1, 0, ''
  from placed where kind = 'link_opened'
  union all
  select txid, pos, day, creditor, segment, channel, m.measure, '', talk, 1, 0, ''
  from placed join (values ('heard', 'conversations'), ('identified', 'identified'), ('offer_made', 'offers'),
                           ('agreement_accepted', 'agreements'), ('promise_made', 'promises'),
                           ('agreement_accepted', 'committed'), ('promise_made', 'committed'),
                           ('payment_link_sent', 'committed'), ('payment_received', 'paid'),
                           ('handed_over', 'handed_over')) as m (kind, measure)
    using (kind)
  union all  -- who came so far also came to every step before
  select txid, pos, day, creditor, segment,
         case when kind in ('message_sent', 'message_delivered') then j ->> 'channel' else channel end,
         'people_' || s.step, '', coalesce(person, talk), 1, 0, ''
  from placed join (values ('message_sent', 1), ('message_delivered', 2), ('link_opened', 3), ('heard', 4),
                           ('identified', 5), ('agreement_accepted', 6), ('promise_made', 6), ('payment_link_sent', 6),
                           ('payment_received', 7)) as m (kind, place) using (kind)
  join (values ('sent', 1), ('delivered', 2), ('opened', 3), ('conversations', 4), ('identified', 5), ('committed', 6),
               ('paid', 7)) as s (step, place) on s.place <= m.place
  union all
  select txid, pos, day, creditor, segment, channel, 'opted_out', '', coalesce(person, id), 1, 0, ''
  from placed where kind = 'opted_out'
  union all
  select txid, pos, day, creditor, segment, channel, 'satisfaction', ':' || (j ->> 'score'), talk, 1, 0, ''
  from placed where kind = 'satisfaction_given'
  union all
  select txid, pos, day, creditor, segment, channel, 'amount_agreed', '', j ->> 'agreement', 1,
         (j -> 'total' ->> 'minor')::bigint, j -> 'total' ->> 'currency'
  from placed where kind = 'agreement_accepted'
  union all
  select txid, pos, day, creditor, segment, channel, 'amount_agreed', '', 'replaced:' || a.id, -1, -a.total, a.currency
  from placed join agreement a on a.id = j ->> 'agreement' where kind = 'agreement_superseded'
  union all
  select txid, pos, day, creditor, segment, channel, 'amount_paid', '', j ->> 'payment', 1,
         (j -> 'amount' ->> 'minor')::bigint, j -> 'amount' ->> 'currency'
  from placed where kind = 'payment_received'
), firsts as (
  select distinct on (measure, subject) * from counted order by measure, subject, txid, pos
), new as (
  insert into kpi_once (measure, subject) select measure, subject from firsts on conflict do nothing
  returning measure, subject
), added as (
  insert into kpi_daily as d (day, creditor_id, segment, channel, measure, currency, n, amount)
  select day, creditor, segment, channel, measure || part, currency, sum(n), sum(amount)
  from firsts join new using (measure, subject)
  group by day, creditor, segment, channel, measure || part, currency
  on conflict (day, creditor_id, segment, channel, measure, currency)
  do update set n = d.n + excluded.n, amount = d.amount + excluded.amount
)
select txid::text as txid, pos, count(*) over () as read from fresh order by fresh.txid desc, fresh.pos desc limit 1
"""
TABLE = """
select day, creditor_id, segment, channel, measure, currency, n, amount from kpi_daily
where ($1::text is null or creditor_id = $1) and (n <> 0 or amount <> 0)
"""


class StoredFigures:
    """The figures over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read_on(self) -> int | None:
        """Counts the next facts that are settled: how many; None when another worker is at it."""
        async with self._pool.acquire() as db, db.transaction():
            cursor = await db.fetchrow(CURSOR)
            if cursor is None:
                return None
            last = await db.fetchrow(READ_ON, cursor["txid"], cursor["pos"], BATCH)
            if last is None:
                return 0
            await db.execute("update kpi_cursor set txid = $1::text::xid8, pos = $2", last["txid"], last["pos"])
            return int(last["read"])

    async def table(self, creditor: str | None) -> dict[Cell, Sum]:
        """The figures of one creditor, or of all."""
        rows = await self._pool.fetch(TABLE, creditor)
        return {Cell(*tuple(row)[:6]): Sum(row["n"], row["amount"]) for row in rows}
