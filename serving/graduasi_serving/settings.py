"""Every setting: an environment variable GRADUASI_…, its default and what it is for."""

from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from graduasi_serving.database.engine import shown_address

PREFIX = "GRADUASI_"


class Settings(BaseSettings):
    """Read once, when a command or the service starts.

    `tracking_uri` and `actor` are declared here only to be shown: the registry reads them from the environment itself.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=None, frozen=True, extra="ignore")

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///graduasi.db"),
        description="Where users, clients and published lists are kept, as an SQLAlchemy address. Shown without its password.",
    )
    model: str = Field(
        default="",
        description="The bundle that scores: a folder, as `graduasi train` leaves it in DIR/bundle, or a name the model registry knows (champion). Empty: pages only, no scoring.",
    )
    pinned_models: str = Field(
        default="", description="Further bundles, separated by commas, that a request may name with ?model_version=."
    )
    tracking_uri: SecretStr = Field(
        default=SecretStr(""),
        description="The MLflow store that training writes to; a model called by an alias (champion) is fetched from it. Shown without its password.",
    )
    actor: str = Field(
        default="", description="Who promotes or rolls back, for the models' history; default: the user of the machine."
    )
    issuer: str = Field(
        default="graduasi", description="The `iss` claim of access tokens: tokens of another issuer are refused."
    )
    token_minutes: int = Field(
        default=60, ge=1, le=1440, description="How long an access token of POST /v1/token is valid."
    )
    body_limit_bytes: int = Field(
        default=8_000_000, ge=1_000, description="Largest request body; above it the answer is 413."
    )
    households_per_request: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="How many households one POST /v1/scores may hold; above it the answer is 413.",
    )
    scoring_threads: int = Field(
        default=2, ge=1, le=64, description="How many requests a worker process scores at the same time."
    )
    scoring_queue: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="How many requests a worker process lets wait to be scored; above it the answer is 503 with Retry-After.",
    )
    utc_offset_hours: int = Field(
        default=7,
        ge=-12,
        le=14,
        description="UTC offset in hours, which decides when a day begins: 7 in western Indonesia (WIB), 8 in the middle (WITA), 9 in the east (WIT).",
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="A signed-in page is signed out after this long without a click."
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="A signed-in page is signed out after this long in any case."
    )
    session_secure: bool = Field(
        default=True,
        description="Send cookies over HTTPS only, and name them __Host-… so that no other host of the domain can set them (browsers also allow it on this very machine). Set false for plain HTTP on a closed network.",
    )
    login_attempts: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How many wrong passwords for one name from one address are taken within GRADUASI_LOGIN_LOCK_MINUTES.",
    )
    login_attempts_per_address: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="How many wrong passwords from one address are taken in that time, whatever the name. Many phones may share one address.",
    )
    login_lock_minutes: int = Field(
        default=15, ge=1, le=1440, description="How long signing in is refused after too many wrong passwords."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses or networks of proxies, separated by commas, whose X-Forwarded-For is believed. Empty: none.",
    )


def redacted(value: Any) -> str:
    """A setting's value as it may stand on a screen or in a log: addresses without their password."""
    if not isinstance(value, SecretStr):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return shown_address(value.get_secret_value())
