"""The life of one payment attempt at a gateway, as a table in which no late or repeated notice undoes a fact."""

from __future__ import annotations

from typing import Literal

State = Literal["created", "unknown", "pending", "paid", "refused", "expired", "refunded"]

# A notice can come late, twice or out of order, so a state only gives way to a stronger one: money that came in
# outweighs a refusal, and money given back outweighs everything. The result is the strongest notice seen,
# whatever the order. Row: the state held; column: the notice. No gateway says "unknown": it is ours, for a gateway that
# was asked and did not answer, and any word of the gateway's resolves it.
ADVANCE: dict[State, dict[State, State]] = {
    "created": {
        "created": "created", "unknown": "unknown", "pending": "pending", "expired": "expired",
        "refused": "refused", "paid": "paid", "refunded": "refunded",
    },
    "unknown": {
        "created": "created", "unknown": "unknown", "pending": "pending", "expired": "expired",
        "refused": "refused", "paid": "paid", "refunded": "refunded",
    },
    "pending": {
        "created": "pending", "unknown": "unknown", "pending": "pending", "expired": "expired",
        "refused": "refused", "paid": "paid", "refunded": "refunded",
    },
    "expired": {
        "created": "expired", "unknown": "expired", "pending": "expired", "expired": "expired",
        "refused": "refused", "paid": "paid", "refunded": "refunded",
    },
    "refused": {
        "created": "refused", "unknown": "refused", "pending": "refused", "expired": "refused",
        "refused": "refused", "paid": "paid", "refunded": "refunded",
    },
    "paid": {
        "created": "paid", "unknown": "paid", "pending": "paid", "expired": "paid",
        "refused": "paid", "paid": "paid", "refunded": "refunded",
    },
    "refunded": {
        "created": "refunded", "unknown": "refunded", "pending": "refunded", "expired": "refunded",
        "refused": "refunded", "paid": "refunded", "refunded": "refunded",
    },
}  # fmt: skip


def advance(state: State, notice: State) -> State:
    """The state after a gateway's notice; the same state when the notice tells nothing new."""
    return ADVANCE[state][notice]
