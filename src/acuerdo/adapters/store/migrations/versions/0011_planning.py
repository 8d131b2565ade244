"""What planning asks of the whole ledger at once, and what it writes by the hundred thousand."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0011_planning"
down_revision = "0010_results_origin"


def upgrade() -> None:
    run_sql("0011_planning.sql")
