"""Settings: one documented table. A flag wins over the environment (`CLASSROOM_*`), that over the TOML file."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from recorder.streaks import CheckRules

Codec = Literal["vp8", "h264", "vp9"]
# RFC 7065 §3.1; the host is a name or an address, an IPv6 one in brackets.
TurnUrl = Annotated[
    str, StringConstraints(pattern=r"^(stun:|turns?:)([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(\?transport=(udp|tcp))?$")
]


class Settings(BaseSettings):
    """Every setting of the server; each description names its unit."""

    model_config = SettingsConfigDict(env_prefix="CLASSROOM_", extra="forbid")

    data: Path = Field(Path("data"), description="data directory: database, recordings, files, server.json")
    http_host: str = Field("127.0.0.1", description="address that HTTP listens on")
    http_port: int = Field(8080, ge=0, le=65535, description="HTTP port; 0 takes a free one")
    udp_host: str = Field("0.0.0.0", description="address that media listens on")
    udp_port: int = Field(
        8189, ge=0, le=65535, description="the one port of all media, UDP and TCP; 0 takes a free one"
    )
    announce: Annotated[list[str], NoDecode] = Field(
        [],
        description="addresses told to browsers for media (NAT 1:1), repeatable or with commas; empty: this machine's",
    )
    public_url: str = Field(
        "", description="address of the pages as browsers see it, for links; empty: http://HOST:PORT"
    )
    tls_cert: Path | None = Field(
        None, description="certificate chain, PEM; a camera needs https anywhere but on localhost"
    )
    tls_key: Path | None = Field(None, description="private key of the certificate, PEM")
    turn_urls: Annotated[list[TurnUrl], NoDecode] = Field(
        [],
        description="TURN servers for networks that block all else (turn:HOST:PORT, turns:HOST:443?transport=tcp), "
        "repeatable or with commas",
    )
    turn_secret: str = Field(
        "",
        validate_default=True,
        description="secret shared with the TURN server (coturn: static-auth-secret); never as a flag",
    )
    turn_ttl: int = Field(12 * 3600, ge=300, description="how long credentials for the TURN server hold, seconds")
    trusted_proxy: Annotated[list[str], NoDecode] = Field(
        [], description="addresses of reverse proxies whose X-Forwarded-For is believed, repeatable or with commas"
    )
    database: str = Field("", description="database URL (postgresql://…); empty: SQLite in the data directory")
    video_codecs: Annotated[list[Codec], NoDecode] = Field(
        ["vp8", "h264", "vp9"],
        description="video codecs taken from publishers, the preferred one first, repeatable or with commas",
    )
    observers_max: int = Field(10, ge=0, le=200, description="observers at once in one lesson")
    open_before_min: int = Field(
        10, ge=-1, le=120, description="minutes before its begin at which a planned lesson opens by itself; -1: never"
    )
    end_grace_min: int = Field(
        10, ge=0, le=240, description="minutes after its planned end at which a lesson ends by itself, unless extended"
    )
    sessions_max: int = Field(2000, ge=1, description="media connections at once on this server")
    free_disk_min_mb: int = Field(
        1024, ge=0, description="free disk below which recordings are thinned out by worth, MiB"
    )
    exports_at_once: int = Field(
        1, ge=1, le=8, description="MP4s of lessons made at once, each by a process of the lowest priority"
    )
    exports_keep_days: int = Field(30, ge=1, description="days after which an MP4 is deleted; it can be made anew")
    homework_keep_days: int = Field(
        180,
        ge=1,
        le=3650,
        description="days after a lesson without a recording that pictures of homework are kept; else they go with it",
    )
    homework_link_days: int = Field(
        14, ge=0, le=90, description="days after a homework is due for which the classes' links still open it"
    )
    viewings_quiet_min: int = Field(
        120, ge=0, description="minutes without a report after which a class's viewing is judged before its day is over"
    )
    recordings_keep_days: int = Field(
        180, ge=1, le=3650, description="days after the lesson that a recording is kept, unless published or held"
    )
    recordings_notice_days: int = Field(
        14, ge=1, le=365, description="days for which the erasing of a recording is announced before it happens"
    )
    check_silent_s: float = Field(20.0, ge=5, description="seconds of silence before a teacher is warned")
    check_listening_s: float = Field(120.0, ge=5, description="the same of a classroom, which may well just listen")
    check_silent_dbfs: float = Field(
        -66.0, ge=-96, le=-20, description="sound softer than this is silence, dB below full scale"
    )
    check_black_s: float = Field(10.0, ge=5, description="seconds of a black picture before a warning")
    check_dark_light: float = Field(40.0, ge=16, le=120, description="darker pictures are too dark (luma, 16 to 235)")
    check_dark_s: float = Field(30.0, ge=5, description="seconds of a picture that is too dark before a warning")
    check_frozen_s: float = Field(30.0, ge=5, description="seconds of a camera that stands still before a warning")
    check_drift_s: float = Field(0.2, ge=0.05, description="sound and picture further apart are a flaw, seconds")
    check_gap_s: float = Field(1.0, ge=0.1, description="shorter gaps of a recording are no flaw, seconds")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe log line printed")
    metrics: bool = Field(False, description="serve /metrics to anyone (otherwise only with the server's secret)")

    @field_validator("announce", "turn_urls", "trusted_proxy", "video_codecs", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("turn_secret")
    @classmethod
    def _is_there(cls, value: str, info: ValidationInfo) -> str:
        if not value and any(url.startswith("turn") for url in info.data.get("turn_urls", [])):
            raise ValueError("turn_urls need the secret of the TURN server")
        return value

    @property
    def has_ice_tcp(self) -> bool:
        """Whether media may come by TCP: not where the pages have that port number already."""
        return self.udp_port != self.http_port or self.udp_port == 0

    @property
    def open_before(self) -> timedelta | None:
        """How long before its begin a planned lesson opens by itself; None: it does not."""
        return timedelta(minutes=self.open_before_min) if self.open_before_min >= 0 else None

    @property
    def check_rules(self) -> CheckRules:
        """From when on something is wrong with what is being recorded."""
        return CheckRules(
            silent_dbfs=self.check_silent_dbfs,
            silent_s=self.check_silent_s,
            listening_s=self.check_listening_s,
            black_s=self.check_black_s,
            dark_light=self.check_dark_light,
            dark_s=self.check_dark_s,
            frozen_s=self.check_frozen_s,
            drift_s=self.check_drift_s,
            gap_s=self.check_gap_s,
        )

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the store."""
        return self.database or f"sqlite:///{(self.data / 'classroom.db').absolute()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(config: Path | None = None, **flags: Any) -> Settings:
    """Settings from flags that were given (not None), the environment and the TOML file `config`.

    Raises pydantic.ValidationError, FileNotFoundError for a named file that is absent.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if config is None:
        return Settings(**given)
    if not config.is_file():
        raise FileNotFoundError(config)

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=config)

    return FromFile(**given)
