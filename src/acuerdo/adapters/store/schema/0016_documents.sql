-- Documents made for people, the files that they sent, and the codes that prove an address; all under the person's key.
create table document (
  id text primary key,
  person_id text not null references person on delete cascade,
  creditor_id text not null references creditor,
  conversation_id text not null,
  kind text not null,                       -- statement, clearance, agreement, or receipt: a file that the person sent
  of text not null default '',              -- the agreement that it copies
  mime text not null,
  name bytea not null,                      -- sealed: what it is saved as
  paper bytea,                              -- sealed: its words, of the moment at which it was made
  body bytea,                               -- sealed: the file; of a document, drawn when it is first wanted
  size integer not null default 0,          -- bytes of the file
  made_at timestamptz not null
);
create index document_conversation on document (conversation_id, made_at);
create index document_person on document (person_id, made_at);

-- Six figures that were sent to an address; only their keyed digest is kept.
create table email_code (
  id text primary key,
  person_id text not null references person on delete cascade,
  address_hash text not null,               -- Keyring.address_hash('email', address)
  sealed bytea not null,                    -- the address, under the person's key
  digest bytea,                             -- null until it was sent
  sent_at timestamptz,
  tries integer not null default 0,
  proved_at timestamptz
);
create index email_code_person on email_code (person_id);
create index email_code_address on email_code (address_hash, sent_at);

alter table work_item add column if not exists answer_by date;  -- the day by which the person was told of an answer
