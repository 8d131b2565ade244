-- One person from many: matching, review, merge and un-merge, parties beside the debtor.

-- A merge is a pointer, and whatever follows from it is worked out from the pointers alone: so taking one away leaves
-- exactly what there would be had it never been set.
alter table person
  add column merged_into text references person,  -- the person that somebody said they are
  add column root_id text references person;      -- where the pointers end; null: with themselves
create index person_merged on person (merged_into) where merged_into is not null;
create index person_root on person (root_id) where root_id is not null;

-- The guard's humans: subjects that some cause says are one share a root, the lowest id among them.
alter table subject add column merged_into text references subject;  -- the root; null: itself
create index subject_merged on subject (merged_into) where merged_into is not null;
create table same_human (
  cause text primary key,                   -- 'merge:PERSON', or 'papers:PERSON:PERSON'
  one_id text not null references subject,
  other_id text not null references subject
);
create index same_human_one on same_human (one_id);
create index same_human_other on same_human (other_id);

-- `person_id` is who answers for the account (the root); `home_person_id` whom the file's row names.
-- No foreign key: it is the other's value, or of somebody merged, and a million rows are spared a look-up each.
alter table account add column home_person_id text;
update account set home_person_id = person_id;
alter table account alter column home_person_id set not null;
create function account_home() returns trigger language plpgsql as $$
begin new.home_person_id := new.person_id; return new; end $$;
create trigger account_home before insert on account for each row
when (new.home_person_id is null) execute function account_home();

-- Everybody who is one with this person, themselves included.
create function people_of(person text) returns setof text language sql stable as $$
  select coalesce(root_id, id) from person where id = $1
  union
  select id from person where root_id = (select coalesce(root_id, id) from person where id = $1)
$$;
-- Who answers for this person.
create function root_of(person text) returns text language sql stable as $$
  select coalesce(root_id, id) from person where id = $1
$$;

-- Where a person is reached, by keyed hash of the kind ('phone', 'email') and value; also what people are found by.
-- No foreign keys: it is filled by the million, and emptied with its people.
create table contact_point (
  person_id text not null,
  kind text not null,                       -- phone, email
  address_hash text not null,               -- Keyring.address_hash(kind, value)
  creditor_id text not null,
  source text not null,                     -- portfolio, debtor, agent: the person's own; or the name of another
  quality text not null default 'unknown',  -- good, unknown, bad
  first_seen timestamptz not null,
  last_seen timestamptz not null,           -- when a source last said it anew
  primary key (person_id, kind, address_hash)
);
create index contact_point_address on contact_point (address_hash);

-- What else people are found by: 'document' (a further one: the subject it would be), 'birth' (name and birth date),
-- 'home' (name and address).
create table person_key (
  person_id text not null,
  kind text not null,
  hash text not null
);
create index person_key_person on person_key (person_id);
create index person_key_hash on person_key (hash);

-- Pairs that may be one person. The lower id stands first; nothing personal is in it.
create table person_review (
  one_id text not null references person on delete cascade,
  other_id text not null references person on delete cascade,
  creditor_id text not null references creditor,
  rule text not null,
  score integer not null,                   -- of 100
  reasons text[] not null,                  -- codes: what agrees, what differs
  status text not null default 'open',      -- open, apart; those who share a root are merged, whatever it is here
  who text not null default '',
  found_at timestamptz not null,
  decided_at timestamptz,
  primary key (one_id, other_id)
);
create index person_review_open on person_review (creditor_id, score desc) where status = 'open';
create index person_review_other on person_review (other_id);

-- Who stands beside the debtor. A reference has no person: kept apart, and never contacted.
create table party (
  account_id text not null references account on delete cascade,
  role text not null,                       -- guarantor, codebtor, representative, reference
  id text not null,                         -- keyed digest of who it is
  person_id text references person,         -- null: a reference, or somebody without a document
  sealed bytea not null,                    -- name, document, phones, e-mails, relation: under the home person's key
  at timestamptz not null,
  primary key (account_id, role, id)
);
create index party_person on party (person_id) where person_id is not null;

-- Addresses at which nobody is written to, unless they are the addressee's own: see `own` in the store's contacts.
create table never_contact (
  address_hash text not null,               -- Keyring.address_hash(kind, value)
  kind text not null,                       -- phone, email
  why text not null,                        -- reference; register: not even the addressee's own
  account_id text not null default '',      -- whose reference it is
  at timestamptz not null,
  primary key (address_hash, why, account_id)
);
create index never_contact_account on never_contact (account_id) where account_id <> '';
