"""Who may ask the fake: everybody, until it has a user."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final

from leadwire_client.testing.refusal import Refusal
from leadwire_client.testing.seen import Seen

LOG_IN: Final = "/v1/auth/token"


@dataclass(slots=True)
class Door:
    """Who is known.

    Attributes:
        users: Passwords by name.
        tokens: Names by token.
        lifetime: Seconds for which a token is said to be good.
    """

    users: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    lifetime: float = 3600

    def let_in(self, request: Seen) -> None:
        """Refuse a request of somebody who is not known.

        Raises:
            Refusal: He is not.
        """
        if self.users and request.path != LOG_IN and self.name_of(request) is None:
            raise Refusal(401, "unauthorized")

    def name_of(self, request: Seen) -> str | None:
        """Give who asks."""
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return self.tokens.get(proof)
        for name, password in self.users.items():
            if scheme == "Basic" and proof == b64encode(f"{name}:{password}".encode()).decode():
                return name
        return None
