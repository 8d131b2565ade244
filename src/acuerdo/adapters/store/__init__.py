"""PostgreSQL: statements, migrations, the unit of work, inbox, outbox, timers, queue."""
