"""Segments at full strength: what previews and the ageing report read."""

from acuerdo.adapters.store.migrate import run_sql

revision = "0008_segments"
down_revision = "0007_door"


def upgrade() -> None:
    run_sql("0008_segments.sql")
