-- A person of ours has promised to write at this moment. As many may be promised at once as the creditor's desk takes.
create table desk_slot (
  creditor_id text not null references creditor,
  slot timestamptz not null,
  n integer not null,                       -- which of those of that moment
  person_id text not null references person,
  conversation_id text not null references conversation,
  status text not null default 'booked',    -- booked, kept, moved, dropped
  booked_at timestamptz not null
);
create unique index desk_slot_once on desk_slot (creditor_id, slot, n) where status = 'booked';
create unique index desk_slot_own on desk_slot (conversation_id) where status = 'booked';
create index desk_slot_person on desk_slot (person_id);

-- Wrong answers to who somebody is, by the address that the conversation goes to: whoever has one telephone and many
-- links guesses no longer than whoever has one.
create table identity_address (
  address_hash text not null,
  day date not null,
  failures integer not null default 0,
  primary key (address_hash, day)
);
