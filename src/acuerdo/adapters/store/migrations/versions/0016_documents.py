"""Documents for people, the files that they send, and codes that prove an address."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0016_documents"
down_revision = "0015_channels"


def upgrade() -> None:
    run_sql("0016_documents.sql")
