"""The ground: facts, people, accounts, conversations, the contact ledger, the outbox, timers."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0001_ground"
down_revision = None


def upgrade() -> None:
    run_sql("0001_ground.sql")
