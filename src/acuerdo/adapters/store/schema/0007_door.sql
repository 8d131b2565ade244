-- Where files and programs come in: keys of the HTTP interface, what arrived and what was answered, large files in wait.

create table api_key (
  id text primary key,
  name text not null,
  creditor_id text not null references creditor,
  hash bytea not null,                      -- of the secret, keyed; the secret is shown once and kept nowhere
  scopes text[] not null,
  added_at timestamptz not null,
  used_at timestamptz,                      -- to the minute
  revoked_at timestamptz
);
create unique index api_key_name on api_key (creditor_id, name) where revoked_at is null;

-- One thing that came in, by whatever door: its answer is written in the commit that takes it in.
create table arrival (
  id text primary key,
  creditor_id text not null references creditor,
  feed text not null,
  source text not null,                     -- folder, or key:ID
  file text not null,
  digest bytea not null,                    -- of its bytes and of how they were to be read
  terms jsonb not null,                     -- the country and the mapping it is read with
  status text not null,                     -- waiting, done, refused
  import_id text,
  answer bytea,                             -- sealed: the counts and what became of each row
  at timestamptz not null
);
create index arrival_creditor on arrival (creditor_id, at desc);
create index arrival_import on arrival (import_id) where import_id is not null;

-- A large file on its way to whichever worker takes it up, on whatever machine: gone once it is in, or refused.
create table arrival_part (
  arrival_id text not null references arrival on delete cascade,
  n integer not null,
  sealed bytea not null,
  primary key (arrival_id, n)
);
