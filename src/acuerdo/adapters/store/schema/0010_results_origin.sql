-- Whose telling a line of results is: ours, or a feed's that the creditor itself had sent.

alter table result_line add column origin text not null default '';   -- '': ours; else the feed that brought it
-- The file that brought a promise; null: it was made with us.
alter table promise add column import_id text;

-- Facts that the lines follow from: also calls, channels opened again, and payments that a file told of.
drop index fact_results;
create index fact_results on fact (creditor_id, txid, pos) where kind in (
  'message_sent', 'message_delivered', 'message_failed', 'message_unknown', 'message_received', 'link_opened',
  'identified', 'identity_failed', 'identity_locked', 'conversation_ended', 'contact_imported', 'call_logged',
  'promise_made', 'promise_kept', 'promise_broken', 'promise_reopened',
  'offer_below_floor', 'agreement_accepted', 'agreement_superseded', 'agreement_completed', 'agreement_broken',
  'agreement_reopened',
  'payment_link_sent', 'payment_received', 'payment_refused', 'payment_reported', 'payment_reversed',
  'contact_updated', 'contact_blocked', 'contact_point_bad', 'opted_out', 'opt_out_undone',
  'dispute_opened', 'fraud_case_opened', 'payment_claimed', 'complaint_logged',
  'hold_placed', 'hold_lifted', 'handed_over', 'taken_over', 'handed_back', 'case_closed',
  'callback_scheduled', 'statement_requested', 'clearance_requested', 'data_rights_requested', 'hardship_recorded');

-- What was told before it was known whose telling it is.
update promise q set import_id = i.id from fact f join import i on i.id = f.cause
where f.kind = 'promise_made' and f.person_id = q.person_id and f.shown::jsonb ->> 'promise' = q.id;
update result_line l set origin = i.feed from fact f join import i on i.id = f.cause
where f.pos = l.pos and f.kind in ('contact_imported', 'promise_made', 'contact_updated', 'contact_point_bad',
                                   'opted_out', 'hold_placed', 'hold_lifted', 'handed_over');
