-- What planning asks of the whole ledger at once, and what it writes by the hundred thousand.

-- No foreign key: its checks cost a quarter of what writing a plan's entries does, and entries are written beside their
-- campaign, in one transaction.
alter table campaign_entry drop constraint campaign_entry_campaign_id_fkey;

-- Who was contacted of late, of everybody; the ledger grows in the order of time.
create index contact_at on contact using brin (at);
-- When somebody last wrote where no conversation runs.
create index fact_received on fact (person_id, at) where kind = 'message_received';

-- Every hold has an end or a day on which somebody looks at it again: so has one of a recalled debt.
update hold set review_at = since + interval '90 days'
where kind = 'recalled' and until is null and review_at is null and lifted_at is null;
