-- Lawful contact: what the guard reads of a person beside the ledger, and who stopped what.

-- What an attempt was about, for limits of one debt; where the person was then, whose day it used up; to which address.
alter table contact
  add column creditor_id text not null default '',
  add column account_id text not null default '',   -- '': not known, so it may be any
  add column zones text[] not null default '{}',
  add column address_hash text not null default '';

-- Only the person opens again what they closed; a word of before that, told late, closes nothing.
alter table opt_out add column undone_at timestamptz;

-- Every hold has an end or a day on which somebody looks at it again. Why it was placed is in its fact, sealed.
alter table hold
  add column who text not null default '',
  add column person_id text,                -- in whose name it was placed; others who are the same human have it too
  add column fact_id text,
  add column review_at timestamptz,
  add column lifted_by text;
create index hold_open on hold (since) where lifted_at is null;

-- The sandbox carrier, as real ones do, gives a message up when its time is over.
alter table sandbox.sms add column expires_at timestamptz;
