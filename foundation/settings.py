"""Settings from the environment and `.env`. Each is described in `.env.example`; a test holds the two together."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from foundation.database import sqlite_url
from foundation.refusal import Refusal


class SettingsError(Refusal):
    """A setting is missing or wrong; one line that names it."""


class Settings(BaseSettings):
    """All settings, `LOA_` before each name."""

    model_config = SettingsConfigDict(
        env_prefix="LOA_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Path(".loa")
    env: Literal["demo", "production"] = "demo"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str | None = None
    proxies: int = Field(default=0, ge=0, le=5)
    database_url: str | None = None
    broker_url: SecretStr = SecretStr("")
    worker_kinds: Annotated[tuple[Literal["dispatch", "turns", "housekeeping"], ...], NoDecode] = Field(
        default=("dispatch", "turns", "housekeeping"), min_length=1
    )
    gateways: Annotated[tuple[str, ...], NoDecode] = ("simulator", "simulator_zalo")
    metrics_token: SecretStr = SecretStr("")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    nlu_python: Path | None = None
    hours: str = ""
    caps: str = ""
    labels: str = ""
    holidays: str = ""
    objection_days: int = Field(default=3, ge=1, le=30)
    uncertain_hours: int = Field(default=24, ge=1, le=168)
    receipts_days: int = Field(default=365, ge=1)
    reply_form: Literal["as_written", "accented", "bare"] = "as_written"

    simulator_segments_per_second: float = Field(default=200, gt=0)
    simulator_price_vnd: int = Field(default=500, ge=0)
    simulator_behaviour: str = ""
    simulator_keyword: str = ""

    kannel_url: str = "http://127.0.0.1:13013"
    kannel_username: str = ""
    kannel_password: SecretStr = SecretStr("")
    kannel_sender: str = ""
    kannel_keyword: str = ""
    kannel_callback_url: str | None = None
    kannel_segments_per_second: float = Field(default=50, gt=0)
    kannel_price_vnd: int = Field(default=500, ge=0)

    esms_url: str = "https://rest.esms.vn"
    esms_api_key: SecretStr = SecretStr("")
    esms_secret_key: SecretStr = SecretStr("")
    esms_brandname: str = ""
    esms_sandbox: bool = False
    esms_low_balance_vnd: int = Field(default=500_000, ge=0)
    esms_segments_per_second: float = Field(default=20, gt=0)
    esms_price_vnd: int = Field(default=850, ge=0)
    esms_max_segments: int = Field(default=4, ge=1, le=10)
    esms_short_code: str = ""
    esms_cpid: str = ""
    esms_private_key: SecretStr = SecretStr("")
    esms_keyword: str = ""
    esms_advertising_segments_per_second: float = Field(default=500, gt=0)
    esms_advertising_price_vnd: int = Field(default=850, ge=0)
    esms_advertising_ladder: Annotated[tuple[int, ...], NoDecode] = (122, 268, 421)
    esms_advertising_accented_ladder: Annotated[tuple[int, ...], NoDecode] = ()

    zalo_app_id: str = ""
    zalo_app_secret: SecretStr = SecretStr("")
    zalo_appsecret_proof: bool = False
    zalo_oa_id: str = ""
    zalo_oa_secret: SecretStr = SecretStr("")
    zalo_name: str = "Zalo OA"
    zalo_segments_per_second: float = Field(default=60, gt=0)
    zalo_price_vnd: int = Field(default=0, ge=0)
    zalo_url: str = "https://openapi.zalo.me"
    zalo_oauth_url: str = "https://oauth.zaloapp.com"
    zbs_segments_per_second: float = Field(default=20, gt=0)
    zbs_price_vnd: int = Field(default=300, ge=0)
    zbs_development: bool = False
    zbs_url: str = "https://business.openapi.zalo.me"

    twilio_url: str = "https://api.twilio.com"
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_shared_keys: SecretStr = SecretStr("")
    twilio_sender: str = ""
    twilio_answerable: bool = False
    twilio_segments_per_second: float = Field(default=10, gt=0)
    twilio_price_vnd: int | None = Field(default=None, ge=0)

    @field_validator(
        "gateways", "esms_advertising_ladder", "esms_advertising_accented_ladder", "worker_kinds", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("broker_url")
    @classmethod
    def _can_be_relied_on(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """Nothing of the address is repeated in what is said: it holds a password."""
        scheme, _, rest = value.get_secret_value().partition("://")
        if not scheme and not rest:
            return value
        if scheme.startswith(("redis", "sentinel")):
            raise ValueError(
                "Redis gives a task away twice when it takes long (visibility timeout): use RabbitMQ, amqp://"
            )
        if scheme != "amqp" or not rest:
            raise ValueError("must begin with amqp://, the broker is RabbitMQ")
        if not (info.data.get("database_url") or "").startswith("postgresql"):
            raise ValueError("several workers need PostgreSQL: set LOA_DATABASE_URL=postgresql+psycopg://…")
        return value

    @cached_property
    def local_url(self) -> str:
        """Where this machine reaches the web process, without a trailing slash."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"

    @cached_property
    def base_url(self) -> str:
        """Where gateways reach us, without a trailing slash."""
        return (self.public_url or self.local_url).rstrip("/")

    @cached_property
    def effective_database_url(self) -> str:
        return self.database_url or sqlite_url(self.home.absolute() / "loa.db")


def load_settings() -> Settings:
    """Raises SettingsError naming the first wrong setting."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"LOA_{first['loc'][0]}".upper()  # what follows is the place in a list
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from error
