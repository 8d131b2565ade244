-- Segments at full strength: where an account belongs lies beside it, in rows so thin that a million are sorted at once.

-- What a segment of a file means in a currency: who has its accounts, and what may be conceded.
create table segment_terms (
  id integer generated always as identity primary key,
  file text not null references artefact,
  segment text not null,
  currency text not null,
  handler text not null,
  authority text not null,                  -- JSON: as negotiation reads it
  unique (file, segment, currency)
);
-- No foreign keys: their checks would cost more than all the rest of a sorting.
create table account_segment (
  account_id text primary key,
  terms integer not null,
  rank real not null
) with (fillfactor = 80);

create view placed as
  select s.account_id, t.segment, s.rank, t.handler, t.authority, s.terms
  from account_segment s join segment_terms t on t.id = s.terms;

alter table account drop column segment, drop column segment_why, drop column handler, drop column authority,
  drop column rank;

-- The ageing report reads what was said of accounts by a day.
create index fact_stated on fact (creditor_id, at)
  where kind in ('account_imported', 'account_updated', 'account_closed');

-- When the person last paid, as the creditor's file says; what was paid to us is in the payments.
alter table account add column last_payment date;
