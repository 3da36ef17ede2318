"""What every request shares, made once when the service starts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.requests import Request

from graduasi_serving.accounts.browser_sessions import Lifetime
from graduasi_serving.accounts.passwords import Throttle
from graduasi_serving.accounts.tokens import KeyRing, Tokens
from graduasi_serving.database.engine import open_database
from graduasi_serving.scoring.loaded_models import Models, load_models
from graduasi_serving.settings import Settings
from graduasi_serving.web.turnstile import Turnstile

Clock = Callable[[], datetime]
SIGNING_IN, WAITING_TO_SIGN_IN = 2, 32  # requests of one worker; above it the answer is 503 with Retry-After


@dataclass(frozen=True)
class Service:
    """Settings, database, keys, models and the clock."""

    settings: Settings
    engine: Engine
    tokens: Tokens
    models: Models
    turnstile: Turnstile
    sign_ins: Turnstile
    clock: Clock

    @property
    def throttle(self) -> Throttle:
        return Throttle(attempts=self.settings.login_attempts, lock=timedelta(minutes=self.settings.login_lock_minutes))

    @property
    def lifetime(self) -> Lifetime:
        return Lifetime(
            idle=timedelta(minutes=self.settings.session_idle_minutes),
            whole=timedelta(hours=self.settings.session_hours),
        )

    @property
    def zone(self) -> timezone:
        """Where the day begins for whoever visits families and reads the pages."""
        return timezone(timedelta(hours=self.settings.utc_offset_hours))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A database session that is committed at the end and undone if anything fails."""
        with Session(self.engine) as session, session.begin():
            yield session


def utc_now() -> datetime:
    """The clock outside tests."""
    return datetime.now(UTC)


def start_service(settings: Settings, *, clock: Clock = utc_now) -> Service:
    """Open what requests share. Raises Refused for an unreadable address, and BundleError for a damaged bundle."""
    engine = open_database(settings.database_url.get_secret_value())
    tokens = Tokens(ring=KeyRing(engine), issuer=settings.issuer, lifetime=timedelta(minutes=settings.token_minutes))
    turnstile = Turnstile(working=settings.scoring_threads, waiting=settings.scoring_queue)
    sign_ins = Turnstile(working=SIGNING_IN, waiting=WAITING_TO_SIGN_IN)
    return Service(settings, engine, tokens, load_models(settings), turnstile, sign_ins, clock)


def service_of(request: Request) -> Service:
    """The service behind a request."""
    service: Service = request.app.state.service
    return service
