"""How the fake refuses."""

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the fake
    """An answer with a problem."""

    def __init__(
        self, status: int, code: str, *, retry_after: int | None = None, **extra: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.extra = extra

    def headers(self) -> dict[str, str]:
        """Give the headers of the answer."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def body(self) -> dict[str, Any]:
        """Give the problem."""
        return {
            "type": f"urn:leadwire:problem:{self.code}",
            "title": "Refused",
            "status": self.status,
            "code": self.code,
            "detail": f"The fake says {self.code}.",
            "request_id": "fake",
            **self.extra,
        }


def not_found(what: str) -> Refusal:
    """There is no such thing."""
    return Refusal(404, f"{what}_not_found")
