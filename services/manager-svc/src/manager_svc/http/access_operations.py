"""The routes under `/v1/auth`, with what their documentation says."""

from collections.abc import Sequence
from typing import Final

from leadwire.access import EVERY_ROLE, PUBLIC
from leadwire.http import ErrorResponse, Operation, Response
from manager_svc.http.access import FORM, AccessHandlers
from manager_svc.http.access_requests import LogIn, MeView, TokenView

_MAX_BODY: Final = 16 * 1024

_NO_STORE: Final = {"Cache-Control": "`no-store`."}


def access_operations(handlers: AccessHandlers) -> Sequence[Operation]:
    """Return the operations."""
    return [
        Operation(
            "POST",
            "/v1/auth/token",
            handlers.log_in,
            summary="Get a token for a user name and password",
            tag="access",
            description=(
                "As JSON, or as a form, which is the password grant of OAuth 2. The token is good "
                "for every service until it ends."
            ),
            access=PUBLIC,
            responses={200: Response(TokenView, "The token.", headers=_NO_STORE)},
            errors=[
                ErrorResponse(400, "malformed_json", "The body is not JSON."),
                ErrorResponse(401, "unauthorized", "User name or password is wrong."),
                ErrorResponse(404, "access_off", "Access is off: no token is needed."),
                ErrorResponse(408, "request_timeout", "The body came too slowly."),
                ErrorResponse(422, "invalid_request", "A field is wrong or missing."),
                ErrorResponse(
                    429,
                    "too_many_attempts",
                    "Passwords were tried too often, for this user or from this address; see "
                    "`Retry-After`.",
                ),
            ],
            consumes={"application/json": LogIn, FORM: LogIn},
            max_body=_MAX_BODY,
        ),
        Operation(
            "GET",
            "/v1/auth/me",
            handlers.me,
            summary="Who am I?",
            tag="access",
            access=EVERY_ROLE,
            responses={200: Response(MeView, "Who asks, and what he may.", headers=_NO_STORE)},
        ),
    ]
