-- Money that goes back by the gateway's word, and what the law lets be charged in interest.

-- A reversal that a gateway told of is of a payment of ours by its own id; `same_as` names the other telling of the same
-- money, where both the gateway and the creditor's file told of it: then it counts once.
alter table payment_reversal
  add column payment_id text references payment,
  add column same_as text;
create index payment_reversal_payment on payment_reversal (payment_id) where payment_id is not null;

-- Since when its gateway is to be asked what went back of a payment, as a notice said so and it did not answer.
alter table payment add column back_since timestamptz;
create index payment_back on payment (back_since) where back_since is not null;

-- A code that a person quotes when they pay by a link; a payments file that quotes it is about that payment.
alter table payment add column code text not null default '';
create index payment_code on payment (creditor_id, code) where code <> '';

-- The highest interest that the law allows, as its authority certifies it; the operator writes each value down.
create table legal_ceiling (
  country text not null,
  kind text not null,                       -- of credit, as policies/interest_caps.toml names it
  since date not null,
  until date not null,                      -- its last day: a value is certified for a month or a half-year
  annual_pct numeric(10, 4) not null,
  source text not null,                     -- where it was read
  who text not null,
  at timestamptz not null,
  primary key (country, kind, since)
);

-- What went back of a payment at the sandbox gateway.
create table sandbox.back (
  id text primary key,
  payment_id text not null references sandbox.payment,
  amount bigint not null check (amount > 0),
  why text not null,                        -- refund, chargeback
  at timestamptz not null
);
