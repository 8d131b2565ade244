-- Accounts as they really come: what a file may say of them, imports that can be explained and undone.
select 1;
