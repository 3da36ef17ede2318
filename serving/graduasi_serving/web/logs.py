"""Logs as JSON lines on standard error: one line for each request and one for each fault.

A line holds no identifiers, bodies or query strings, and no message of an unexpected error: any of these may quote a
household's values. 16 digits in a row are masked, as they may be an identity number.
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

from graduasi.panel.identifiers import holds_identity_number, mask_identity_numbers

FAULT_LOG = logging.getLogger("graduasi.fault")
ENCODE = json.JSONEncoder(ensure_ascii=False, default=str).encode
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class JsonLines(logging.Formatter):
    """Each record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line. What a caller passes as `extra={"fields": {…}}` becomes members of the object."""
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
        if record.exc_info and record.exc_info[1] is not None:
            line |= describe_error(record.exc_info[1])
        return mask_identity_numbers(ENCODE(line))


def request_line(method: str, route: str, *, status: int, ms: float, request_id: str) -> bytes:
    """The log line of one request, `ms` being milliseconds. Made without `logging`, which takes several times as long."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    fields = {"method": method, "route": route, "status": status, "ms": ms, "request_id": request_id}
    return orjson.dumps({"at": at, "level": "info", "event": "request", **fields}, option=orjson.OPT_APPEND_NEWLINE)


def to_stderr(line: bytes) -> None:
    """Write the line in one system call, so that the lines of several workers do not mix.

    A failure is ignored: a log that cannot be written must not fail the request.
    """
    with contextlib.suppress(OSError):
        os.write(sys.stderr.fileno(), line)


def describe_error(error: BaseException) -> dict[str, Any]:
    """An unexpected error's type and the last 8 frames of its traceback, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__name__,
        "where": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def logging_settings() -> dict[str, Any]:
    """Settings for logging.config.dictConfig, and for uvicorn, which passes them to its worker processes.

    They hold plain text and numbers only, so that they can be pickled on that way. uvicorn's own access log is switched
    off, since it would show addresses and query strings.
    """
    to_our_handler = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "graduasi_serving.web.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
        "loggers": {
            "graduasi": to_our_handler,
            "uvicorn": to_our_handler,
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


def accepted_request_id(header: str | None) -> str:
    """The caller's X-Request-Id if it is safe to repeat; otherwise a new random one, which is never taken for a number."""
    if header and REQUEST_ID.fullmatch(header) and not holds_identity_number(header):
        return header
    return os.urandom(16).hex()
