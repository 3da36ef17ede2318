"""What all requests share: made once when the service starts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.requests import Request

from graduasi_serving.accounts.browser_sessions import Lifetime
from graduasi_serving.accounts.sign_in_limits import Throttle
from graduasi_serving.accounts.tokens import KeyRing, Tokens
from graduasi_serving.database.engine import open_database
from graduasi_serving.scoring.loaded_models import Models, load_models
from graduasi_serving.settings import Settings
from graduasi_serving.web.turnstile import Turnstile

Clock = Callable[[], datetime]
# Of one worker process. Above both together the answer is 503 with Retry-After.
SIGN_INS_AT_ONCE, SIGN_INS_WAITING = 2, 32


@dataclass(frozen=True, kw_only=True)
class Service:
    """Settings, database, access tokens, models, limits on work done at the same time, and the clock."""

    settings: Settings
    engine: Engine
    tokens: Tokens
    models: Models
    scoring_turnstile: Turnstile
    sign_in_turnstile: Turnstile
    clock: Clock

    @property
    def throttle(self) -> Throttle:
        """How many wrong passwords are taken."""
        return Throttle(
            attempts=self.settings.login_attempts,
            per_address=self.settings.login_attempts_per_address,
            lock=timedelta(minutes=self.settings.login_lock_minutes),
        )

    @property
    def lifetime(self) -> Lifetime:
        """How long a signed-in session lasts."""
        return Lifetime(
            idle=timedelta(minutes=self.settings.session_idle_minutes),
            total=timedelta(hours=self.settings.session_hours),
        )

    @property
    def zone(self) -> timezone:
        """The time zone that decides what "today" is, over HTTP and on the pages."""
        return timezone(timedelta(hours=self.settings.utc_offset_hours))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A database session that is committed at the end, or rolled back if anything fails."""
        with Session(self.engine) as session, session.begin():
            yield session


def utc_now() -> datetime:
    """The clock of a real service; tests pass their own."""
    return datetime.now(UTC)


def start_service(settings: Settings, *, clock: Clock = utc_now) -> Service:
    """Open what requests share. Raises Refused for a database address that no driver can open, BundleError for a bad bundle."""
    engine = open_database(settings.database_url.get_secret_value())
    tokens = Tokens(ring=KeyRing(engine), issuer=settings.issuer, lifetime=timedelta(minutes=settings.token_minutes))
    return Service(
        settings=settings,
        engine=engine,
        tokens=tokens,
        models=load_models(settings),
        scoring_turnstile=Turnstile(working=settings.scoring_threads, waiting=settings.scoring_queue),
        sign_in_turnstile=Turnstile(working=SIGN_INS_AT_ONCE, waiting=SIGN_INS_WAITING),
        clock=clock,
    )


def service_of(request: Request) -> Service:
    """The service that `create_api` attached to the application."""
    service: Service = request.app.state.service
    return service
