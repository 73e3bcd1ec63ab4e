"""What an installation says of its CDS Hooks clients: who they are, whose keys count, which FHIR servers may be read."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomli
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from corpus.errors import what_failed
from corpus.payers import load_payers
from service.settings import Settings


def is_safe_address(url: str) -> bool:
    """Whether a URL is https, or http on this very machine, without user, query and fragment.

    Examples
    --------
    >>> [is_safe_address(u) for u in ("https://ehr.example/fhir", "http://ehr.example", "http://127.0.0.1:8080/fhir")]
    [True, False, True]
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(url: str) -> str:
    if not is_safe_address(url):
        raise ValueError("must be an https address (http only on this machine) without user, query and fragment")
    return url.rstrip("/")


def _payer(name: str) -> str:
    if name not in load_payers():
        raise ValueError(f"must be one of {', '.join(load_payers())}")
    return name


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as America/Chicago") from error


Address = Annotated[str, AfterValidator(_address)]
PayerName = Annotated[str, AfterValidator(_payer)]
ZoneName = Annotated[str, AfterValidator(_zone)]


class CdsClient(BaseModel):
    """One client whose signed requests are taken.

    Attributes
    ----------
    iss : what its tokens say in ``iss``.
    jku : where its keys are published; the only address from which its keys are ever fetched.
    keys : or its public keys themselves, as JSON Web Keys; then nothing is fetched.
    fhir_servers : FHIR servers that may be read on its behalf.
    payer : assumed where a coverage does not tell; the installation's where not given.
    hooks : the hooks it may call; all where none is named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    iss: str = Field(min_length=1)
    jku: Address | None = None
    keys: tuple[dict[str, Any], ...] = Field(default=(), repr=False)
    fhir_servers: tuple[Address, ...] = ()
    payer: PayerName | None = None
    hooks: tuple[str, ...] = ()

    @field_validator("keys")
    @classmethod
    def _public(cls, keys: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for key in keys:
            if key.get("kty") not in ("EC", "RSA") or "d" in key or not key.get("kid"):
                raise ValueError("a key must be a public EC or RSA key with a kid")
        return keys

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.keys) == bool(self.jku):
            raise ValueError(f"client {self.iss}: exactly one of jku and keys must be given")
        return self


class CdsSettings(BaseModel):
    """The CDS Hooks part of the settings.

    Attributes
    ----------
    public_url : how clients reach this service; tokens must name ``<public_url>/cds-services/<id>`` as audience.
    origins : web origins whose scripts may call, exactly as browsers send them.
    clients : whose signed requests are taken; with none, requests are not checked for a signature here.
    fhir_servers : FHIR servers that may be read for requests without a signature.
    payer : assumed where no coverage tells.
    zone : the clinic's time zone, such as America/Chicago; tells the day of service of an instant in UTC.
    leeway_seconds, token_seconds : how far clocks may differ; the longest life a token may have.
    fetch_seconds : for everything one request reads from a FHIR server or a key address.
    keys_seconds : how long fetched keys are kept before they are fetched again; when that fails, they go on counting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: Address | None = None
    origins: tuple[str, ...] = ()
    clients: tuple[CdsClient, ...] = ()
    fhir_servers: tuple[Address, ...] = ()
    payer: PayerName = "medicare"
    zone: ZoneName | None = None
    leeway_seconds: int = Field(default=30, ge=0, le=120)
    token_seconds: int = Field(default=600, ge=30, le=3600)
    fetch_seconds: float = Field(default=2.0, gt=0, le=30)
    keys_seconds: int = Field(default=3600, ge=60)

    @property
    def time_zone(self) -> ZoneInfo | None:
        """The clinic's time zone, where one is named."""
        return ZoneInfo(self.zone) if self.zone else None

    @field_validator("origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if origin != f"{parts.scheme}://{parts.netloc}" or not is_safe_address(origin):
                raise ValueError(
                    "an origin must be scheme and host as browsers send them, such as https://ehr.example"
                )
        return origins

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.clients and self.public_url is None:
            raise ValueError("public_url must be given where clients are: their tokens name it")
        names = [client.iss for client in self.clients]
        if len(set(names)) != len(names):
            raise ValueError("a client's iss must stand once")
        return self

    @classmethod
    def from_file(cls, path: Path) -> CdsSettings:
        """Settings from a TOML file whose keys are the attributes, with ``[[clients]]``.

        Raises
        ------
        ValueError
            Naming the file and what is wrong; never a value of it.
        """
        try:
            return cls.model_validate(tomli.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, tomli.TOMLDecodeError) as error:
            raise ValueError(f"{path} must be a TOML file in UTF-8; {what_failed(error)}") from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{path}: {'.'.join(map(str, first['loc']))} {first['msg']}") from error


def cds_settings(settings: Settings) -> CdsSettings:
    """Those of the file the service's settings name; without one, no client, no origin and no FHIR server is known.

    Raises
    ------
    ValueError
        Naming the file and what is wrong.
    """
    return CdsSettings.from_file(settings.cds) if settings.cds else CdsSettings()
