"""Moments at which a person of ours has promised to write."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0017_slots"
down_revision = "0016_documents"


def upgrade() -> None:
    run_sql("0017_slots.sql")
