"""Which flows were published, by whom and when."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0014_flows"
down_revision = "0013_money_back"


def upgrade() -> None:
    run_sql("0014_flows.sql")
