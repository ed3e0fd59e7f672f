"""What those send who ask for a token, and what they get."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from leadwire.access import Role


class LogIn(BaseModel):
    """A user name and password. As a form, it is the password grant of OAuth 2."""

    # OAuth 2 clients add fields of theirs, such as `scope`.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    username: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=1_000)]
    grant_type: Literal["password"] = "password"


class TokenView(BaseModel):
    """A token, and whose it is."""

    access_token: str = Field(description="To be sent as `Authorization: Bearer ...`.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a name
    expires_in: int = Field(description="Seconds for which it is good.")
    name: str
    roles: list[Role]
    manager_id: UUID | None = Field(description="Which lead manager this is, if it is one.")


class MeView(BaseModel):
    """Who asks."""

    name: str | None = Field(description="null where access is off.")
    roles: list[Role]
    manager_id: UUID | None = Field(description="Which lead manager this is, if it is one.")
    auth: Literal["on", "off"] = Field(description="Whether access is on.")
    expires_at: datetime | None = Field(description="When the token ends; null without one.")
