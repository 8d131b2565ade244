"""People and what they owe: rows become records or faults, records fall into segments."""
