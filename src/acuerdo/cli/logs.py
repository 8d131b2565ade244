"""Logs: what happened and how often, never whom it happened to."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acuerdo.service.settings import Settings

# Keys under which a person's particulars, or the way to them, could slip into a line.
FORBIDDEN = frozenset(
    {"address", "body", "comment", "content", "document", "email", "ip", "name", "number", "path", "person", "phone",
     "query", "summary", "text", "to", "token", "url", "words"}
)  # fmt: skip
HIDDEN = "[…]"
# Loggers of others that tell addresses of pages, which hold private links, or what a query was about.
HUSHED = ("alembic", "httpx", "httpcore", "uvicorn.access", "uvicorn.error", "websockets", "asyncio")


def configure(settings: Settings) -> None:
    """Every line goes to stderr, ours and other people's, in the settings' form and from the settings' level on."""
    import structlog

    level = logging.getLevelName(settings.log_level.upper())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        impersonal,
    ]
    last: Any = structlog.processors.JSONRenderer()
    if settings.log_format == "console":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_places)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, where, last],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in HUSHED:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").propagate = False


def impersonal(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hides what could be about somebody."""
    return {key: HIDDEN if key in FORBIDDEN else value for key, value in event.items()}


def where(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """In place of an exception's words, which may quote somebody's data: its kind and its place in the code."""
    info = event.pop("exc_info", None)
    if info:
        kind, error, trace = info if isinstance(info, tuple) else sys.exc_info()
        event["error"] = getattr(kind, "__name__", str(kind))
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            event["at"] = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        del error
    return event


def _places(*_: Any) -> None:
    """No traceback is ever printed in a log line."""
