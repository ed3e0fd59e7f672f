"""All environment variables of manager-svc."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from leadwire.service import ServiceSettings


class ManagerSettings(ServiceSettings):
    """Settings of manager-svc, read from the environment once, at start."""

    model_config = SettingsConfigDict(env_prefix="MANAGER_")

    auto_assign: bool = Field(
        default=True,
        description=(
            "Hand waiting leads to free managers, oldest first. When false, managers take "
            "leads themselves (next-lead), or are given them (assignee)."
        ),
    )
    explanation_retention_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days for which it is kept why a lead went to its manager; of a lead that is "
        "still to be decided it is always kept.",
    )
    history_retention_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days for which a lead's history is kept after the last thing that happened to "
        "it, once it is decided or erased; for good if it is not set.",
    )
