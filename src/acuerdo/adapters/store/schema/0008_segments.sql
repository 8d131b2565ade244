-- Segments at full strength: what previews and the ageing report read.
select 1;
