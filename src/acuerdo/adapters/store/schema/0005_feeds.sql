-- The other feeds: payments, contacts, opt-outs, consents, registers, contact data.

-- A payment that the creditor told of lies beside ours, with the gateway 'report' and its own reference. One of ours
-- that it told of too gets that reference; where the report came first it then says 'same', and counts no more.
alter table payment
  add column reference text,                -- the creditor's name for it
  add column account_id text,               -- the debt that the creditor put it on; null: what the person owes, in order
  add column reported_at timestamptz,       -- when a file told of it
  add column taken_back bigint not null default 0;
create unique index payment_reference on payment (creditor_id, reference) where reference is not null;

-- Payments that a creditor took back, whether or not the payment is known yet.
create table payment_reversal (
  id text primary key,
  creditor_id text not null references creditor,
  reference text not null,                  -- the creditor's name for the reversal
  of_reference text not null,               -- and for what it takes back
  kind text not null,                       -- reversal, chargeback
  amount bigint not null check (amount > 0),
  currency text not null,
  taken_at timestamptz not null,            -- from when it counts
  import_id text not null,
  row integer not null
);
create index payment_reversal_of on payment_reversal (creditor_id, of_reference);

-- Rows whose account or person is not known yet; a later portfolio that brings them takes them in.
create table feed_waiting (
  id text primary key,
  creditor_id text not null references creditor,
  feed text not null,
  account_id text,                          -- what the account's and the person's id would be,
  person_id text,
  subject_id text,
  phone_hash text,                          -- and the keyed hashes of addresses
  email_hash text,
  import_id text not null,
  row integer not null,
  at timestamptz not null,
  sealed bytea not null                     -- the row, under the house's key
);
create index feed_waiting_account on feed_waiting (account_id) where account_id is not null;
create index feed_waiting_creditor on feed_waiting (creditor_id, feed);

-- What a person said about being written to; the latest word about a channel holds.
create table consent (
  id text primary key,
  person_id text not null references person on delete cascade,
  channel text not null,                    -- '*' is every channel
  given boolean not null,
  at timestamptz not null,
  source text not null default '',
  evidence bytea,                           -- sealed under the person's key
  import_id text
);
create index consent_person on consent (person_id, channel, at);

-- What is in a register, by keyed hash: also of people who are not known yet. The latest word about each holds.
create table register_entry (
  creditor_id text not null references creditor,
  register text not null,                   -- do_not_call, judicialised, deceased, insolvency
  kind text not null,                       -- document, phone, email, account
  hash text not null,                       -- the subject, the address hash or the account's id
  entered boolean not null,                 -- false: it left
  at timestamptz not null,
  source text not null default '',
  import_id text,
  primary key (creditor_id, register, kind, hash)
);
create index register_entry_hash on register_entry (hash) where entered;
-- What an account was before a register said that it is before a court.
alter table account add column before_court text;

-- Ways to reach people that a feed told of; they outlive a portfolio's newer word about the person.
create table contact_found (
  person_id text not null references person on delete cascade,
  kind text not null,                       -- phone, email, address
  hash text not null,
  quality text not null,                    -- good, unknown, bad
  source text not null default '',
  at timestamptz not null,
  sealed bytea not null,                    -- the value, under the person's key
  import_id text,
  primary key (person_id, kind, hash)
);
-- Holds that a register placed go when it names the person no more; others do not.
alter table hold add column by_register boolean not null default false;
