-- The other feeds: payments, contacts, opt-outs, consents, registers, contact data.
select 1;
