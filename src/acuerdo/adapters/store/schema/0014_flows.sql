-- The flows that were published, the last of which new conversations begin on. The files are artefacts.
create table flow_version (
  n integer generated always as identity primary key,
  at timestamptz not null,
  who text not null,
  own boolean not null,                     -- of the operator's own; else those that came with the release
  note text not null default '',
  digest text not null references artefact,
  creditors jsonb not null default '{}'     -- by creditor, the digest of the flows with their own texts
);
