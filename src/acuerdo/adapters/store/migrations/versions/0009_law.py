"""Lawful contact: what the guard reads of a person beside the ledger."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0009_law"
down_revision = "0008_segments"


def upgrade() -> None:
    run_sql("0009_law.sql")
