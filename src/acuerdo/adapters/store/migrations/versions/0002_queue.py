"""The job queue's own tables, as its library declares them."""

from acuerdo.adapters.store.migrate import run_statements
from acuerdo.adapters.store.queue_schema import install_sql

revision = "0002_queue"
down_revision = "0001_ground"


def upgrade() -> None:
    run_statements(install_sql())
