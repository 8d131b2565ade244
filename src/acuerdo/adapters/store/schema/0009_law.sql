-- Lawful contact: what the guard reads of a person beside the ledger.
select 1;
