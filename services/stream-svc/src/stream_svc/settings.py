"""What stream-svc reads from the environment."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from leadwire.service import ServiceSettings


class StreamSettings(ServiceSettings):
    """Settings of stream-svc; its own variables begin with `STREAM_`."""

    model_config = SettingsConfigDict(env_prefix="STREAM_")

    log_retention_days: float = Field(
        default=7.0,
        gt=0,
        le=365,
        description="Days for which changes are kept. A cursor that is older is answered with "
        "410, and its client starts over.",
    )
    heartbeat_s: float = Field(
        default=15.0,
        gt=0,
        le=300,
        description="Seconds of silence on a stream after which a mark is sent.",
    )
    write_within_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds that the reader of a stream has to take what is sent to it; then "
        "the connection is cut.",
    )
    max_streams: int = Field(
        default=2000,
        ge=1,
        description="Most streams that the process serves at once. One whose reader is slow takes "
        "about a megabyte of memory.",
    )
    max_streams_per_client: int = Field(
        default=1000,
        ge=1,
        description="Most streams that the process serves at once to one user or API key, or, "
        "with access off, to one address. Others are answered with 429.",
    )
    rotate_after_s: float = Field(
        default=3600.0,
        gt=0,
        description="Seconds after which a follower is asked to reconnect, so that followers "
        "spread over replicas.",
    )

    @property
    def log_retention(self) -> timedelta:
        """How long changes are kept."""
        return timedelta(days=self.log_retention_days)
