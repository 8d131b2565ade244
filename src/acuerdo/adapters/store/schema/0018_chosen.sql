-- `accounts` are all that were open when the payment was asked for; `chosen` those that the person chose of them, if any.
alter table payment add column chosen text[] not null default '{}';
