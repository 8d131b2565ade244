"""Pages and hooks: what a browser or a provider calls, gathered into one application."""

from acuerdo.web.site import create

__all__ = ["create"]
