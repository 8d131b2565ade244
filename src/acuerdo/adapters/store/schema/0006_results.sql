-- What goes back to the creditor: marks of what was exported, and the creditor's own codes.
select 1;
