"""The same house and carrier that the tests of sending use."""

from __future__ import annotations

from tests.sending.conftest import world

__all__ = ["world"]
