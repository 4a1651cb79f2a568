"""Logs: one line an event on standard error. Tokens, names and chat never reach one."""

import logging
import sys

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(level: str) -> None:
    """Console lines for structlog and for the libraries' own loggers."""
    logging.basicConfig(level=_LEVELS[level], format="%(levelname)s %(name)s %(message)s")
    # aiohttp's access log prints paths, and a path may hold a token; ours prints the route (see app.py).
    logging.getLogger("aiohttp.access").disabled = True
    logging.getLogger("aiohttp.server").addFilter(_without_request)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _without_request(record: logging.LogRecord) -> bool:
    """What is no HTTP is logged in a line: the error would quote it, path and token included."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | RequestPayloadError):
        record.exc_info = None
    return True
