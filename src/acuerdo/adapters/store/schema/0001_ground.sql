-- The ground: facts, people, accounts, conversations, the contact ledger, the outbox, timers.
-- Nothing here asks now() to decide; every moment is an argument. Runs on PostgreSQL 15 and later.

create table artefact (
  hash text primary key,
  kind text not null,
  name text not null,
  body bytea not null,
  at timestamptz not null
);

create table house (
  one boolean primary key default true check (one),
  stopped boolean not null default false,
  stop_why text not null default '',
  allow_list_only boolean not null default false,
  clock_offset interval not null default interval '0',
  clock_movable boolean not null default false
);
insert into house default values;

create table allowed (address_hash text primary key, label text not null default '');

create table creditor (
  id text primary key,
  name text not null unique,
  settings jsonb not null,
  segments text references artefact,        -- the segments file its accounts were last sorted by
  segmented_at timestamptz,                 -- and the moment that this was as of
  added_at timestamptz not null
);

-- One row per human across creditors, for the guard alone: no name, no debt, no creditor's data.
create table subject (
  id text primary key,
  country text not null
);

create table person (
  id text primary key,
  creditor_id text not null references creditor,
  subject_id text not null references subject,
  country text not null,
  zones text[] not null,
  subdivision text not null default '',
  customer_type text not null default 'natural',
  customer_since date,
  reachable text[] not null default '{}',   -- channels for which an address is on file
  wrapped_key bytea,                        -- null: shredded, and what was sealed is gone
  sealed bytea not null,                    -- name, document, phones, e-mails, address
  digest bytea not null,
  unique (creditor_id, subject_id)
);
create index person_subject on person (subject_id);

create table account (
  id text primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  external_id text not null,
  product text not null,
  currency text not null,
  balance bigint not null,
  principal bigint,
  interest bigint,
  fees bigint,
  due_now bigint,
  paid_since bigint not null default 0,     -- paid to us, or waived by us, after the file's cut-off
  due_date date,
  days_past_due integer not null,
  as_of date not null,
  opened date,
  late_12m integer not null default 0,
  broken_promises integer not null default 0,
  status text not null default 'open',
  segment text,
  segment_why text[] not null default '{}',
  handler text not null default 'bot',
  authority text not null default '',       -- JSON: what may be conceded, as its segment says
  rank double precision not null default 0,
  digest bytea not null,
  unique (creditor_id, external_id)
) with (fillfactor = 60);
create index account_person on account (person_id);

create table set_aside (
  id bigint generated always as identity primary key,
  creditor_id text not null references creditor,
  file_digest text not null,
  line integer not null,
  field text not null,
  code text not null,
  reason text not null,
  at timestamptz not null
);

create table conversation (
  id text primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  channel text not null,
  address_hash text not null default '',    -- the address that invited
  campaign_id text,
  segment text,
  version integer not null default 0,
  owner text not null default 'bot',        -- bot, or agent:LOGIN
  status text not null default 'open',
  identified boolean not null default false,
  seq integer not null default 0,           -- the last message's number, both sides together
  read_seq integer not null default 0,
  flows text not null,
  stale boolean not null default false,     -- what is known of the person changed since the last turn
  viewed_on date,
  state bytea not null,                     -- sealed; a fold of the facts, kept so that a turn loads one row
  started_at timestamptz not null,
  last_in timestamptz,
  last_out timestamptz
);
create index conversation_person on conversation (person_id, started_at desc);

create table fact (
  pos bigint generated always as identity primary key,
  id text not null unique,
  at timestamptz not null,
  kind text not null,
  who text not null,
  creditor_id text,
  person_id text,
  account_id text,
  conversation_id text,
  campaign_id text,
  cause text,
  seq integer,                              -- its number on the screen, where it is a message
  shown text not null,                      -- JSON that anyone with access may read
  sealed bytea,                             -- JSON under the person's key
  txid xid8 not null default pg_current_xact_id()
);
create index fact_person on fact (person_id, pos) where person_id is not null;
create index fact_conversation on fact (conversation_id, pos) where conversation_id is not null;
create index fact_campaign on fact (campaign_id, kind) where campaign_id is not null;

-- The figures read on from where they stopped, in the order in which transactions settled.
create index fact_measured on fact (txid, pos) where kind in (
  'message_sent', 'message_delivered', 'link_opened', 'identified', 'heard', 'offer_made', 'agreement_accepted',
  'agreement_superseded', 'promise_made', 'payment_link_sent', 'payment_received', 'handed_over', 'opted_out',
  'satisfaction_given');

create table link (
  token_hash bytea primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  conversation_id text references conversation,
  campaign_id text,
  channel text not null,
  address_hash text not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  opened_at timestamptz,
  revoked_at timestamptz,
  renewed_at timestamptz,
  failures integer not null default 0,
  locked_at timestamptz
);
create index link_person on link (person_id);
create index link_conversation on link (conversation_id) where conversation_id is not null;
create index link_address on link (channel, address_hash, issued_at);

create table identity_day (
  person_id text not null references person,
  day date not null,
  failures integer not null default 0,
  primary key (person_id, day)
);

-- The contact ledger. A row is one attempt on one human, by whoever, on whatever channel.
create table contact (
  key text primary key,
  subject_id text not null references subject,
  at timestamptz not null,
  channel text not null,
  mode text not null,
  purpose text not null,
  status text not null,                     -- reserved, sent, delivered, unknown; failed before leaving is deleted
  reached boolean not null default false
);
create index contact_subject on contact (subject_id, at);

create table opt_out (
  subject_id text not null references subject,
  channel text not null,                    -- '*' is every channel
  address_hash text not null default '',
  at timestamptz not null,
  primary key (subject_id, channel, address_hash)
);

create table hold (
  subject_id text not null references subject,
  kind text not null,
  creditor_id text not null default '',     -- '' is everywhere
  since timestamptz not null,
  until timestamptz,
  lifted_at timestamptz,
  primary key (subject_id, kind, creditor_id)
);

create table outbox (
  key text primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  account_id text,
  conversation_id text,
  campaign_id text,
  channel text not null,
  origin text not null,
  purpose text not null,
  say bytea not null,                       -- sealed Say; never a Cleared
  not_before timestamptz not null,
  deadline timestamptz not null,
  status text not null default 'pending',   -- pending, sending, sent, delivered, failed, unknown, dropped
  attempts integer not null default 0,      -- deliveries tried
  entry_attempt integer,                    -- of the campaign's entry
  provider_id text,
  queued_at timestamptz,                    -- the machine's time: when a job was made for it; null: none is
  seized_at timestamptz,                    -- the machine's time: when a worker began to deliver it
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index outbox_open on outbox (status, not_before) where status in ('pending', 'sending');
create index outbox_conversation on outbox (conversation_id) where status = 'pending';
create index outbox_person on outbox (person_id) where status = 'pending';
create index outbox_provider on outbox (channel, provider_id);

create table timer (
  key text primary key,
  due timestamptz not null,
  name text not null,
  person_id text,
  conversation_id text,
  payload jsonb not null default '{}',
  queued_at timestamptz,                    -- the machine's time: when a job was made for it
  fired_at timestamptz
);
create index timer_due on timer (due) where fired_at is null;
create index timer_person on timer (person_id) where fired_at is null;

create table inbox (
  channel text not null,
  body_hash bytea not null,
  raw bytea not null,
  received_at timestamptz not null,
  person_id text,                           -- under whose key it is sealed; null: under the house's
  status text not null default 'kept',      -- kept, parsed, unreadable
  error text not null default '',
  primary key (channel, body_hash)
);
create table inbox_event (
  channel text not null,
  kind text not null,
  provider_id text not null,
  status text not null,
  at timestamptz not null,
  primary key (channel, kind, provider_id, status)
);
create table inbox_refused (
  id bigint generated always as identity primary key,
  channel text not null,
  source text not null,
  body_hash bytea not null,
  at timestamptz not null
);

create table campaign (
  id text primary key,
  creditor_id text not null references creditor,
  segment text not null,
  status text not null,                     -- planned, approved, running, done, stopped
  planned_at timestamptz not null,
  planned_for timestamptz not null,
  approved_at timestamptz,
  approved_by text,
  rules text not null,
  strategy jsonb not null,
  included integer not null default 0,
  left_out integer not null default 0
);
create table campaign_entry (
  campaign_id text not null references campaign,
  account_id text not null,
  person_id text not null,
  attempt integer not null default 1,
  included boolean not null,
  channel text,
  at timestamptz,
  code text not null,
  why jsonb not null,
  rank double precision not null default 0,
  status text not null,                     -- out, waiting, reserved, sent, failed, refused, done
  queued_at timestamptz,                    -- the machine's time: when a job was made for it
  primary key (campaign_id, account_id, attempt)
);
create index campaign_entry_waiting on campaign_entry (campaign_id, at) where status = 'waiting';

create table work_item (
  id text primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  conversation_id text,
  account_id text,
  reason text not null,
  priority integer not null,
  status text not null default 'open',      -- open, taken, closed
  opened_at timestamptz not null,
  taken_by text,
  taken_at timestamptz,
  closed_at timestamptz,
  outcome text,
  sealed bytea                              -- the summary an agent reads
);
create index work_item_open on work_item (status, priority desc, opened_at);
create index work_item_conversation on work_item (conversation_id);

create table agent (
  login text primary key,
  name text not null,
  password text not null,                   -- scrypt
  role text not null default 'agent',
  added_at timestamptz not null
);

create table agreement (
  id text primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  conversation_id text,
  accounts text[] not null,
  status text not null,
  currency text not null,
  balance bigint not null,
  total bigint not null,
  origin text not null,
  accepted_at timestamptz not null
);
create index agreement_person on agreement (person_id);
create table installment (
  agreement_id text not null references agreement,
  n integer not null,
  due date not null,
  amount bigint not null,
  paid bigint not null default 0,
  primary key (agreement_id, n)
);
create index installment_unpaid on installment (due) where paid < amount;
create table promise (
  id text primary key,
  person_id text not null references person,
  conversation_id text,
  account_id text,
  due date not null,
  amount bigint,
  currency text not null,
  status text not null,                     -- open, kept, broken, superseded
  made_at timestamptz not null
);
create index promise_person on promise (person_id);
create index promise_open on promise (due) where status = 'open';

create table payment (
  id text primary key,
  creditor_id text not null references creditor,
  person_id text not null references person,
  conversation_id text,
  agreement_id text,
  accounts text[] not null,
  amount bigint not null,
  currency text not null,
  status text not null,                     -- created, pending, paid, refused, expired, refunded
  gateway text not null,
  gateway_ref text unique,
  url text not null default '',
  received bigint not null default 0,       -- what came in, which may differ from what was asked for
  created_at timestamptz not null,
  requested_at timestamptz,                 -- when its intent was made with the gateway
  asked_at timestamptz,                     -- when a silent gateway was last asked about it
  paid_at timestamptz
);
create index payment_person on payment (person_id);
create index payment_waiting on payment (requested_at) where status in ('created', 'pending');

create table ledger_entry (
  id text primary key,
  account_id text not null references account,
  at timestamptz not null,
  debit text not null,
  credit text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  cause text not null,                      -- opening, payment, overpayment, waiver: see core/payments/ledger
  ref text not null                         -- the payment that caused it
);
create index ledger_entry_account on ledger_entry (account_id, at);

create table kpi_daily (
  day date not null,
  creditor_id text not null,
  segment text not null,
  channel text not null,
  measure text not null,
  currency text not null default '',
  n bigint not null default 0,
  amount bigint not null default 0,
  primary key (day, creditor_id, segment, channel, measure, currency)
);
create table kpi_once (
  measure text not null,
  subject text not null,
  primary key (measure, subject)
);
create table kpi_cursor (one boolean primary key default true check (one), txid xid8 not null default '0', pos bigint not null default 0);
insert into kpi_cursor default values;

-- The sandbox carrier and gateway keep their own books, as a provider would, out of the house's sight.
create schema sandbox;
create table sandbox.sms (
  id text primary key,
  client_ref text not null unique,
  sender text not null,
  number text not null,
  body text not null,
  posts integer not null default 1,         -- how often this reference was posted, from the time that it was taken
  at timestamptz not null,
  status text not null
);
create table sandbox.sms_ask (
  client_ref text primary key,
  posts integer not null default 0,         -- posts that were answered and not taken
  unknown integer not null default 0        -- how often somebody asked for it and was told that it is not there
);
create index sandbox_sms_number on sandbox.sms (number, at);
create table sandbox.payment (
  id text primary key,
  reference text not null unique,
  payee text not null,
  amount bigint not null,
  currency text not null,
  return_url text not null,
  notify_url text not null,
  at timestamptz not null,
  status text not null
);
create table sandbox.notice (
  id text primary key,
  payment_id text not null references sandbox.payment,
  n integer not null,                       -- its place in the order of sending
  wait double precision not null,           -- seconds after the one before
  body text not null,
  tries integer not null default 0,
  taken boolean not null default false      -- the house answered 2xx
);
create index sandbox_notice_open on sandbox.notice (payment_id, n) where not taken;
