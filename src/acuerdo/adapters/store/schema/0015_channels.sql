-- One conversation on many channels: its places, who writes under a channel's own id, how good an address is.

-- Where a conversation goes on. What was said elsewhere is shown at a place only where a proof of identity counts.
create table talk_place (
  conversation_id text not null references conversation on delete cascade,
  channel text not null,
  address_hash text not null default '',
  since timestamptz not null,
  last_in timestamptz,
  proved_at timestamptz,                    -- when somebody there proved who they are
  shown_from integer not null default 0,    -- without a proof the messages after this one are shown there,
  shown_until integer,                      -- and up to this one; null: while the conversation goes on there
  primary key (conversation_id, channel, address_hash)
);
create index talk_place_address on talk_place (channel, address_hash);
insert into talk_place (conversation_id, channel, address_hash, since, last_in, proved_at)
select id, channel, address_hash, started_at, last_in, case when identified then coalesce(last_in, started_at) end
from conversation;
-- A link opens its own place, also where an older one began the conversation.
insert into talk_place (conversation_id, channel, address_hash, since, last_in, proved_at)
select distinct on (c.id, l.address_hash) c.id, c.channel, l.address_hash, l.issued_at, c.last_in,
       case when c.identified then coalesce(c.last_in, c.started_at) end
from link l join conversation c on c.id = l.conversation_id order by c.id, l.address_hash, l.issued_at
on conflict do nothing;

-- Who writes under an id of a channel's own: people are known by channel and id, and a phone is but told of them.
create table channel_user (
  channel text not null,
  address_hash text not null,               -- Keyring.address_hash(channel, id)
  person_id text not null references person on delete cascade,
  sealed bytea not null,                    -- the id, under the person's key
  phone_hash text not null default '',      -- Keyring.address_hash('phone', number), where it was told
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (channel, address_hash, person_id)
);
create index channel_user_person on channel_user (person_id);

alter table person add column chosen_channel text not null default '';  -- what they said themselves

-- What became of what was sent to an address: how good it is. No foreign key, as `contact_point`.
create table reachability (
  person_id text not null,
  channel text not null,
  address_hash text not null,               -- Keyring.address_hash(channel, address)
  sent integer not null default 0,
  delivered integer not null default 0,
  opened integer not null default 0,        -- read, or its link opened
  answered integer not null default 0,
  failed integer not null default 0,
  bounced integer not null default 0,
  wrong integer not null default 0,         -- somebody there said that it is not theirs
  since_good integer not null default 0,    -- failures and bounces since it last was delivered, opened or answered
  last_at timestamptz not null,
  primary key (person_id, channel, address_hash)
);
alter table outbox add column address_hash text not null default '';
-- What was read, and what did not arrive, are figures too.
drop index fact_measured;
create index fact_measured on fact (txid, pos) where kind in (
  'message_sent', 'message_delivered', 'message_read', 'message_failed', 'link_opened', 'identified', 'heard',
  'offer_made', 'agreement_accepted', 'agreement_superseded', 'promise_made', 'payment_link_sent', 'payment_received',
  'handed_over', 'opted_out', 'satisfaction_given');

-- Statuses go forward only: a read message was delivered.
alter table inbox_event add column body_hash bytea;  -- in which payload it came
create index inbox_unread on inbox (channel, received_at) where status in ('unreadable', 'odd');
alter table inbox add column note text not null default '';
-- News of a channel itself: a template approved or paused, a quality, a limit.
create table channel_notice (
  channel text not null,
  id text not null,
  about text not null,
  subject text not null,
  value text not null,
  at timestamptz not null,
  primary key (channel, id)
);
