"""One person from many: matching, review, merge and un-merge, parties beside the debtor."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0004_people"
down_revision = "0003_portfolio"


def upgrade() -> None:
    run_sql("0004_people.sql")
