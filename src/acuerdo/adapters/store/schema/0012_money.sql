-- Rules of money, and what becomes of agreements: new dates, ends before their time, reminders.

-- A creditor's rules as its file wrote them; the newest holds. What keeping reads of them stands beside.
create table money_rules (
  creditor_id text not null references creditor,
  since timestamptz not null,
  who text not null,
  body text not null,                       -- the TOML
  grace_days integer not null,
  tolerance bigint not null,                -- minor units of `currency`
  allocation text[] not null,               -- what a payment pays first
  currency text not null,
  remind_before integer[] not null,
  remind_after integer[] not null,
  remind_hour integer not null,
  gateway text not null default '',         -- that takes the payments; empty: the sandbox
  primary key (creditor_id, since)
);

-- Reminders are dropped by what they are of.
create index timer_of on timer ((payload ->> 'id')) where fired_at is null;
