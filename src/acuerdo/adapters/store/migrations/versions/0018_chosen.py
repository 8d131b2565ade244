"""The debts that a payment was asked for, where the person chose some of theirs."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0018_chosen"
down_revision = "0017_slots"


def upgrade() -> None:
    run_sql("0018_chosen.sql")
