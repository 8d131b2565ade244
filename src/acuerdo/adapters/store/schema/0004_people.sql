-- One person from many: matching, review, merge and un-merge, parties beside the debtor.
select 1;
