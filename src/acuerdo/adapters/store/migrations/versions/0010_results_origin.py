"""Whose telling a line of results is: ours, or a feed's that the creditor itself had sent."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0010_results_origin"
down_revision = "0009_law"


def upgrade() -> None:
    run_sql("0010_results_origin.sql")
