"""Payments by a link and a reference code: the creditor's payments file tells what came in."""

from __future__ import annotations

from acuerdo.adapters.gateways.links.gateway import LinkGateway, open_gateway

__all__ = ["LinkGateway", "open_gateway"]
