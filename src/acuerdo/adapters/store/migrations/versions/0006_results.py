"""What goes back to the creditor: marks of what was exported, and the creditor's own codes."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0006_results"
down_revision = "0005_feeds"


def upgrade() -> None:
    run_sql("0006_results.sql")
