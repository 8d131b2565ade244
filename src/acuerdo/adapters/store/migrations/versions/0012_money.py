"""Rules of money, and what becomes of agreements: new dates, ends before their time, reminders."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0012_money"
down_revision = "0011_planning"


def upgrade() -> None:
    run_sql("0012_money.sql")
