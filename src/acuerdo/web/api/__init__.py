"""The interface for programs, under /api/v1: a creditor's feeds in, and what became of them."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from acuerdo.adapters.store.db import AWAY
from acuerdo.app import App
from acuerdo.web.api import described, problems, results, routes

__all__ = ["PREFIX", "create"]
PREFIX = "/api/v1"


def create(app: App) -> FastAPI:
    """The interface over an open house, to be mounted under PREFIX."""
    made = FastAPI(
        title="Acuerdo", version="1", description=described.ABOUT, openapi_url="/openapi.json", docs_url=None,
        redoc_url=None, swagger_ui_oauth2_redirect_url=None, root_path_in_servers=False,
        servers=[{"url": app.settings.base_url + PREFIX}],
        exception_handlers={
            problems.Problem: problems.of_ours, HTTPException: problems.of_routing,
            RequestValidationError: problems.of_reading, Exception: problems.of_faults,
            **dict.fromkeys(AWAY, problems.of_absence),
        },
    )  # fmt: skip
    made.state.house = app
    made.include_router(routes.router)
    made.include_router(results.router)
    described.describe(made)
    return made
