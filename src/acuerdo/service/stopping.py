"""Stop-all: nothing leaves the house from the moment it is pressed until it is lifted."""

from __future__ import annotations

from datetime import datetime

from acuerdo.service.outbound import Switch


async def stop_all(switch: Switch, why: str, at: datetime, who: str = "operator") -> bool:
    """Halts everything outbound, within a second: senders look under the ledger's lock, just before they deliver.

    What waits stays in the outbox. Answers wait too; a chat that is open goes on. False when it was stopped already.
    """
    return await switch.set(True, why, who, at)


async def resume(switch: Switch, at: datetime, who: str = "operator") -> bool:
    """Lifts the stop. What waited is judged again, and dropped where its hour is over. False when not stopped."""
    return await switch.set(False, "", who, at)
