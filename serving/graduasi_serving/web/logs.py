"""Logs as JSON lines on standard error: one a request, one a fault.

No identifiers, bodies, query strings or messages of unexpected errors, since those may quote a household's values.
"""

import contextlib
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from graduasi.panel.identifiers import IDENTITY_NUMBER, holds_identity_number

FAULT_LOG = logging.getLogger("graduasi.fault")
ENCODE = json.JSONEncoder(ensure_ascii=False, default=str).encode
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class JsonLines(logging.Formatter):
    """Each record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Fields given as `extra={"fields": …}` become members of their own."""
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
        if record.exc_info and record.exc_info[1] is not None:
            line |= describe_error(record.exc_info[1])
        return IDENTITY_NUMBER.sub("[16 digits]", ENCODE(line))


def request_line(method: str, route: str, *, status: int, ms: float, request_id: str) -> bytes:
    """The line about one request, made without `logging`, which takes several times as long over it."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    fields = {"method": method, "route": route, "status": status, "ms": ms, "request_id": request_id}
    return orjson.dumps({"at": at, "level": "info", "event": "request", **fields}, option=orjson.OPT_APPEND_NEWLINE)


def to_stderr(line: bytes) -> None:
    """Write one whole line, so that those of several workers do not mix. A log that nobody can take costs no request."""
    with contextlib.suppress(OSError):
        os.write(sys.stderr.fileno(), line)


def describe_error(error: BaseException) -> dict[str, Any]:
    """An unexpected error's type and where it arose, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "where": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def logging_settings() -> dict[str, Any]:
    """For logging.config.dictConfig, and for uvicorn, whose own access log would show addresses and query strings.

    Plain text and numbers only: uvicorn sends it to each worker process.
    """
    quiet = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "graduasi_serving.web.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "loggers": {
            "graduasi": quiet,
            "uvicorn": quiet,
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


def accepted_request_id(given: str | None) -> str:
    """The caller's X-Request-Id if it is one we may repeat; otherwise a new one, whose digits cannot be taken for an
    identity number and so be hidden in the log.
    """
    if given and REQUEST_ID.fullmatch(given) and not holds_identity_number(given):
        return given
    drawn = os.urandom(15).hex()
    return f"{drawn[:15]}-{drawn[15:]}"
