-- Accounts as they really come: what a file may say of them, imports that can be explained and undone.

alter table account
  add column limitation_date date,
  add column installments_total integer,
  add column installments_paid integer,
  add column installments_overdue integer,
  add column row_digest bytea,              -- keyed digest of the very cells that wrote it; null: read them again
  add column import_id text,                -- the import that wrote it last,
  add column import_row integer,            -- and the row of its file; null: the file left it out
  add column added_by text,                 -- the import that brought it
  add column closed_at timestamptz,
  add column closed_why text;               -- recalled (the file says so), missing (the file left it out)
alter table person
  add column language text not null default '',
  add column preferred_channel text not null default '',
  add column preferred_hours text not null default '',
  add column as_of date,                    -- the cut-off day of what is on record of them
  add column import_id text,
  add column added_by text;

-- Every file that came in, of every feed.
create table import (
  pos bigint generated always as identity unique,  -- the order in which they came, also within one moment
  id text primary key,
  creditor_id text not null references creditor,
  feed text not null,                       -- portfolio, payments, contacts, optouts, consents, registers, contactdata
  file text not null,
  digest text not null,                     -- SHA-256 of its bytes
  at timestamptz not null,
  who text not null,
  counts jsonb not null default '{}',
  status text not null default 'done',      -- running, done, failed, undone
  cut_off date,                             -- the latest day that its rows speak of
  undone_at timestamptz
);
create index import_creditor on import (creditor_id, feed, at);

-- What each row of a file was about and came to: 17 bytes a row (number, account, verdict), a thousand rows together.
create table import_line (
  import_id text not null references import,
  first integer not null,
  lines bytea not null,
  primary key (import_id, first)
);

-- Rows as they were before an import changed them. Of people without their wrapped key: who is forgotten stays so.
create table import_before (
  import_id text not null references import,
  place text not null,                      -- the table
  id text not null,
  image jsonb not null,
  primary key (import_id, place, id)
);

-- How a creditor's recurring files are read, known again by their headers.
create table import_profile (
  creditor_id text not null references creditor,
  feed text not null,
  name text not null,
  header_digest text not null,
  mapping text not null,                    -- TOML
  at timestamptz not null,
  primary key (creditor_id, feed, name)
);
create index import_profile_header on import_profile (creditor_id, feed, header_digest);

-- A payment made to us that a newer file's balance holds already.
alter table payment
  add column matched_by text,               -- the import
  add column matched_at timestamptz;

-- What a unit of account (UF, UTM) is worth on a day, in pesos.
create table unit_value (
  unit text not null,
  day date not null,
  value numeric(20, 6) not null check (value > 0),
  primary key (unit, day)
);
