"""Money that goes back by the gateway's word, and what the law lets be charged in interest."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0013_money_back"
down_revision = "0012_money"


def upgrade() -> None:
    run_sql("0013_money_back.sql")
