"""Requests for tokens, and of those who want to know who they are."""

from urllib.parse import parse_qsl

from aiohttp import web

from leadwire.access import AccessRefusalError, Authenticator, Password
from leadwire.http import (
    AUTHENTICATOR,
    Problem,
    RequestBody,
    access_problem,
    client_of,
    json_response,
    model_of_fields,
    model_of_json,
    principal_of,
)
from manager_svc.http.access_requests import LogIn, MeView, TokenView

FORM = "application/x-www-form-urlencoded"


class AccessHandlers:
    """Handlers under `/v1/auth`."""

    async def log_in(self, request: web.Request, *, body: RequestBody) -> web.StreamResponse:
        """Give a token for a password."""
        authenticator = _authenticator(request)
        given = await _log_in(body)
        try:
            principal, issued = await authenticator.log_in(
                Password(given.username, given.password), address=client_of(request)
            )
        except AccessRefusalError as refusal:
            raise access_problem(request, refusal) from None
        view = TokenView(
            access_token=issued.token,
            expires_in=int(issued.lifetime.total_seconds()),
            name=principal.name or "",
            roles=sorted(principal.roles),
            manager_id=principal.manager_id,
        )
        return json_response(view, headers={"Cache-Control": "no-store"})

    async def me(self, request: web.Request) -> web.StreamResponse:
        """Tell who asks."""
        principal = principal_of(request)
        view = MeView(
            name=principal.name,
            roles=sorted(principal.roles),
            manager_id=principal.manager_id,
            auth="on" if AUTHENTICATOR in request.app else "off",
            expires_at=principal.expires_at,
        )
        return json_response(view, headers={"Cache-Control": "no-store"})


def _authenticator(request: web.Request) -> Authenticator:
    authenticator = request.app.get(AUTHENTICATOR)
    if authenticator is None:
        raise Problem(
            status=404,
            code="access_off",
            detail="Access is off here: everybody may do everything, without a token.",
        )
    return authenticator


async def _log_in(body: RequestBody) -> LogIn:
    raw = await body.read()
    if body.content_type != FORM:
        return model_of_json(raw, LogIn)
    # What is no UTF-8 becomes U+FFFD, which is in no password; so it is wrong, and no more.
    return model_of_fields(dict(parse_qsl(raw.decode(errors="replace"))), LogIn)
