-- Where files and programs come in: keys of the HTTP interface, requests answered once, files seen.
select 1;
