"""The sandbox gateway: for demonstrations and tests, spoken to over HTTP like any other."""

from __future__ import annotations

from acuerdo.adapters.gateways.sandbox.gateway import SandboxGateway, open_gateway

__all__ = ["SandboxGateway", "open_gateway"]
