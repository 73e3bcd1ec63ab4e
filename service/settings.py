"""Settings of the service: environment, then a folder of secrets, then a TOML file, then the defaults.

Every setting is an environment variable ``SOAPCODE_<NAME>``, a file ``soapcode_<name>`` in ``SOAPCODE_SECRETS_DIR``
(or systemd's ``CREDENTIALS_DIRECTORY``), or a key of ``<home>/soapcode.toml`` (``SOAPCODE_SETTINGS`` names another file).
Unknown names are refused; no value is ever repeated in an error.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from corpus.limits import LONGEST_NOTE
from models.home import home

PREFIX = "SOAPCODE_"
_NOT_SETTINGS = frozenset(
    {
        "SOAPCODE_HOME",
        "SOAPCODE_DATA",
        "SOAPCODE_SHIPPED",
        "SOAPCODE_SETTINGS",
        "SOAPCODE_SECRETS_DIR",
        "SOAPCODE_TEST_REQUIRE",
    }
)
_ADDRESS = (
    "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, with special signs of user and password "
    "percent-encoded (%40 for @)"
)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class SettingsError(ValueError):
    """A setting that does not hold; the message names it and never its value."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address to listen on.

    Examples
    --------
    >>> [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.5")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """What an installation can set; each field's description says what it means."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)
    file: ClassVar[Path | None] = None

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer; limits count in each.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names requests may name, beside this machine's own; by itself: any, without keys this machine's only.",
    )
    require_key: bool | None = Field(
        default=None, description="Whether requests need a key; by itself: unless bound to loopback."
    )
    body_kib: int = Field(default=LONGEST_NOTE // 1024, ge=1, le=16384, description="Largest body, in KiB.")
    body_seconds: float = Field(default=15.0, gt=0, le=600, description="Longest time for a body to arrive.")
    suggest_seconds: float = Field(default=20.0, gt=0, le=600, description="Longest time to read one note.")
    threads: int = Field(default=4, ge=1, le=64, description="Notes read at the same time, per process.")
    waiting: int = Field(default=64, ge=0, le=10_000, description="Notes that may wait for a thread, per process.")
    per_minute: int = Field(default=600, ge=1, le=1_000_000, description="Requests per key and minute.")
    stop_seconds: int = Field(default=30, ge=1, le=600, description="How long a stop waits for answers under way.")
    bundle_seconds: float = Field(default=1.0, gt=0, le=3600, description="How often the bundle in use is looked up.")
    database_url: str | None = Field(
        default=None,
        repr=False,
        description="Where the store is: sqlite:///FILE or postgresql://…; a file in the data folder.",
    )
    store_key: SecretStr | None = Field(
        default=None, description="64 hex digits that seal kept notes; a file in the data folder by itself."
    )
    retain_notes: bool = Field(default=False, description="Keep notes, sealed, so that feedback can retrain.")
    retain_days: int = Field(default=90, ge=1, le=3650, description="Kept notes older than this are purged.")
    audit_days: int = Field(default=2190, ge=1, le=36500, description="Audit rows older than this are purged.")
    cds: Path | None = Field(
        default=None, description="TOML file with the CDS Hooks settings and the widget's origins."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before secrets before the file; no .env file."""
        toml = TomlConfigSettingsSource(settings_cls, settings_file())
        return init_settings, env_settings, file_secret_settings, toml

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_store(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # make_url repeats what it takes for a port, which can be of a password
            raise ValueError(_ADDRESS) from None
        backend = url.get_backend_name()
        if backend not in ("sqlite", "postgresql") or not url.database:
            raise ValueError(_ADDRESS)
        if backend == "postgresql" and value.count("@") > 1:
            raise ValueError(_ADDRESS)
        return value

    @field_validator("store_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                size = len(bytes.fromhex(value.get_secret_value().strip()))
            except ValueError:
                size = 0
            if size != 32:
                raise ValueError("must be 64 hex digits")
        return value

    @property
    def needs_key(self) -> bool:
        """Whether a request without a key is refused."""
        return not is_loopback(self.host) if self.require_key is None else self.require_key

    @property
    def store_url(self) -> str:
        """Where the store is, with the driver named."""
        if self.database_url is None:
            return f"sqlite:///{home() / 'store.sqlite3'}"
        url = make_url(self.database_url)
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)


def settings_file() -> Path:
    """The TOML file settings are read from, whether it exists or not."""
    named = os.environ.get("SOAPCODE_SETTINGS")
    return Path(named) if named else home() / "soapcode.toml"


def _secrets_folder() -> Path | None:
    """Where secrets are read from.

    Raises
    ------
    SettingsError
        When one is named that is not there: what it should hold would silently be made anew.
    """
    for name in ("SOAPCODE_SECRETS_DIR", "CREDENTIALS_DIRECTORY"):
        named = os.environ.get(name)
        if named:
            if not Path(named).is_dir():
                raise SettingsError(f"{name} must name a folder that exists")
            return Path(named)
    return None


def load_settings(**given: Any) -> Settings:
    """The settings in effect; `given` ones stand before all others.

    Raises
    ------
    SettingsError
        Naming the first setting that is unknown or does not hold; never a value.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _NOT_SETTINGS
    stray = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if stray:
        raise SettingsError(f"{stray[0]} is not a setting of soapcode; 'soapcode config' lists them")
    named = os.environ.get("SOAPCODE_SETTINGS")
    if named and not Path(named).is_file():
        raise SettingsError("SOAPCODE_SETTINGS must name a file that exists")
    folder = _secrets_folder()
    held = sorted(path.name for path in folder.iterdir()) if folder is not None else []
    stray = [name for name in held if name.upper().startswith(PREFIX) and name.upper() not in known - _NOT_SETTINGS]
    if stray:
        raise SettingsError(f"{folder}: '{stray[0]}' is not a setting of soapcode; 'soapcode config' lists them")
    try:
        return Settings(_secrets_dir=folder, **given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "a setting"
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                f"{settings_file()}: '{name}' is not a setting; 'soapcode config' lists them"
            ) from None
        said = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"setting {name}: {said[:1].lower()}{said[1:]}") from None
    except (SourceError, tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings cannot be read ({type(error).__name__}); see {settings_file()}") from None


def shown(settings: Settings) -> list[tuple[str, str, str]]:
    """Name, value and origin of each setting; secrets and the store's password masked."""
    file = settings_file()
    in_file = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    folder = _secrets_folder()
    rows = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if os.environ.get(PREFIX + name.upper()) is not None:
            origin = "environment"
        elif folder is not None and (folder / f"soapcode_{name}").is_file():
            origin = "secrets folder"
        else:
            origin = file.name if name in in_file else "default"
        rows.append((name, _masked(name, value), origin))
    return rows


def _masked(name: str, value: Any) -> str:
    if value is None or value == ():
        return "not set"
    if isinstance(value, SecretStr):
        return "********"
    if name == "database_url":
        return _without_secrets(str(value))
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _without_secrets(value: str) -> str:
    """A database address without user and password, in whichever part they stand."""
    url = make_url(value)
    hidden = {k: "********" if "pass" in k.lower() or "key" in k.lower() else v for k, v in url.query.items()}
    shown = url.set(query=hidden).render_as_string(hide_password=True)
    if url.get_backend_name() != "postgresql" or "@" not in shown:
        return shown
    return f"{shown.partition('//')[0]}//***@{shown.rpartition('@')[2]}"
