"""Settings from the environment and `.env`. Each is described in `.env.example`; a test holds the two together."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
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
    gateways: Annotated[tuple[str, ...], NoDecode] = ("simulator", "simulator_zalo")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    nlu_python: Path | None = None
    hours: str = ""
    holidays: str = ""
    objection_days: int = Field(default=3, ge=1, le=30)
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

    @field_validator("gateways", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

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
        name = "LOA_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']}") from error
