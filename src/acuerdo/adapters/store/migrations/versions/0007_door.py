"""Where files and programs come in: keys of the HTTP interface, requests answered once, files seen."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0007_door"
down_revision = "0006_results"


def upgrade() -> None:
    run_sql("0007_door.sql")
