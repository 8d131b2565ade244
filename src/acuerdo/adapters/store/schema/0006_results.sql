-- What goes back to the creditor: lines that follow from facts, the files that held them, the creditor's own codes.

-- One line of results, numbered by creditor as facts settle, and never changed: so a file can be written again. Nothing
-- personal is here; a document, or a new phone, is opened from where it is sealed when a file asks for it.
create table result_line (
  creditor_id text not null,
  n bigint not null,
  pos bigint not null,                      -- the fact's
  at timestamptz not null,
  zone text not null,                       -- the person's, when the line was made
  person_id text,
  external_id text not null,                -- of the account that it is put down to
  accounts text not null,                   -- of all the accounts that it is about, by |
  kind text not null,
  outcome text not null,
  channel text not null,
  agent text not null,                      -- who did it: bot, or an agent's login
  amount bigint,
  currency text not null,
  due date,
  reference text not null,
  primary key (creditor_id, n)
);

-- How far a creditor's facts are lines: beyond (txid, pos), in the order in which transactions settled.
create table result_cursor (
  creditor_id text primary key references creditor,
  txid xid8 not null default '0',
  pos bigint not null default 0,
  n bigint not null default 0
);
create index fact_results on fact (creditor_id, txid, pos) where kind in (
  'message_sent', 'message_delivered', 'message_failed', 'message_unknown', 'message_received', 'link_opened',
  'identified', 'identity_failed', 'identity_locked', 'conversation_ended', 'contact_imported',
  'promise_made', 'promise_kept', 'promise_broken', 'promise_reopened',
  'offer_below_floor', 'agreement_accepted', 'agreement_superseded', 'agreement_completed', 'agreement_broken',
  'agreement_reopened',
  'payment_link_sent', 'payment_received', 'payment_refused',
  'contact_updated', 'contact_blocked', 'contact_point_bad', 'opted_out',
  'dispute_opened', 'fraud_case_opened', 'payment_claimed', 'complaint_logged',
  'hold_placed', 'hold_lifted', 'handed_over', 'taken_over', 'handed_back', 'case_closed',
  'callback_scheduled', 'statement_requested', 'clearance_requested', 'data_rights_requested', 'hardship_recorded');

-- A creditor's profiles of files and its typification: each the name of an artefact.
create table result_setting (
  creditor_id text not null references creditor,
  kind text not null,                       -- profile, typification
  name text not null,
  artefact text not null references artefact,
  at timestamptz not null,
  primary key (creditor_id, kind, name)
);

-- A file of results: lines of these kinds, each beyond its own mark, up to one number. With no digest yet, it is to be
-- written again under the same name.
create table result_batch (
  creditor_id text not null references creditor,
  profile text not null,
  n integer not null,
  moves boolean not null,                   -- whether the next file goes on from here
  kinds text[] not null,
  beyond bigint[] not null,                 -- of each kind, the line after which it begins
  upto bigint not null,
  since date,                               -- local days of the person, both included
  until date,
  format text not null,
  profile_artefact text not null references artefact,
  typification_artefact text not null references artefact,
  file text not null,
  began_at timestamptz not null,
  lines bigint,
  digest text,
  written_at timestamptz,
  primary key (creditor_id, profile, n)
);
