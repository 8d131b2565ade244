"""One conversation on many channels, and how good each address is."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0015_channels"
down_revision = "0014_flows"


def upgrade() -> None:
    run_sql("0015_channels.sql")
