"""Queues, takeover and hand-back, as decisions."""
