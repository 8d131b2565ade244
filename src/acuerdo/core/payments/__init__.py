"""Money as it is booked: ledger, allocation, schedules."""
