"""Accounts as they really come: what a file may say of them, imports that can be explained and undone."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0003_portfolio"
down_revision = "0002_queue"


def upgrade() -> None:
    run_sql("0003_portfolio.sql")
