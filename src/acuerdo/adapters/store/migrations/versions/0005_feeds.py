"""The other feeds: payments, contacts, opt-outs, consents, registers, contact data."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0005_feeds"
down_revision = "0004_people"


def upgrade() -> None:
    run_sql("0005_feeds.sql")
