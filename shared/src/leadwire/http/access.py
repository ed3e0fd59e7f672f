"""Let in who may: reads credentials from a request's headers, and words refusals."""

from typing import Final

from aiohttp import web

from leadwire.access import (
    EVERYBODY,
    NOBODY,
    Access,
    AccessBusyError,
    AccessRefusalError,
    Authenticator,
    Credentials,
    ForbiddenError,
    Password,
    Principal,
    TooManyAttemptsError,
    UnauthorizedError,
    credentials_from,
)
from leadwire.http.clients import client_of
from leadwire.http.hosts import host_of
from leadwire.http.keys import AUTHENTICATOR, PRINCIPAL
from leadwire.http.problems import Problem, unavailable

_BASIC: Final = 'Basic realm="leadwire", charset="UTF-8"'
_BEARER: Final = 'Bearer realm="leadwire"'
_WRONG_TOKEN: Final = f'{_BEARER}, error="invalid_token"'

_SAFE: Final = frozenset({"GET", "HEAD"})
_FOREIGN: Final = "a page of another site cannot change anything here without a token or API key"


def principal_of(request: web.Request) -> Principal:
    """Give who asks."""
    return request[PRINCIPAL]


def is_still_let_in(request: web.Request) -> bool:
    """Tell whether who asked, a while ago, would be let in still."""
    authenticator = request.app.get(AUTHENTICATOR)
    return authenticator is None or authenticator.still_knows(principal_of(request))


async def let_in(request: web.Request, access: Access) -> None:
    """Note who asks.

    Raises:
        Problem: 401 `unauthorized`, 403 `forbidden`, 429 `too_many_attempts`, or 503
            `unavailable` if too many passwords are being checked.
    """
    authenticator = request.app.get(AUTHENTICATOR)
    if authenticator is None:
        if access.roles is not None and _changes_for_a_foreign_page(request):
            raise access_problem(request, ForbiddenError(_FOREIGN))
        request[PRINCIPAL] = EVERYBODY
    elif access.heeds:
        request[PRINCIPAL] = await _known(request, authenticator, access)
    else:
        request[PRINCIPAL] = NOBODY


async def _known(request: web.Request, authenticator: Authenticator, access: Access) -> Principal:
    try:
        credentials = _credentials(request, authenticator)
        return await authenticator.admit(credentials, access, address=client_of(request))
    except AccessRefusalError as refusal:
        raise access_problem(request, refusal) from None


def _credentials(request: web.Request, authenticator: Authenticator) -> Credentials | None:
    try:
        credentials = credentials_from(
            authorization=request.headers.getall("Authorization", []),
            api_key=request.headers.getall("X-API-Key", []),
        )
        _insist_on_own_pages(request, credentials)
        return credentials
    except AccessRefusalError as refusal:
        authenticator.count(refusal)
        raise


def _insist_on_own_pages(request: web.Request, credentials: Credentials | None) -> None:
    """Refuse what a foreign page asks for by a name and password.

    A browser adds them, once it was given them, to whatever it asks for; tokens and keys it does
    not.
    """
    if isinstance(credentials, Password) and _changes_for_a_foreign_page(request):
        raise ForbiddenError(_FOREIGN)


def _changes_for_a_foreign_page(request: web.Request) -> bool:
    """Tell whether a page of somebody else's has a browser change something.

    It reaches what the browser reaches: also a server inside of a network, or on the same machine.
    """
    return request.method not in _SAFE and _is_of_foreign_page(request)


def _is_of_foreign_page(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"cross-site", "same-site"}
    # Without TLS browsers do not say that, but where a page that changes something comes from they
    # do. A port is not compared: proxies leave it out of `Host`.
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    host = host_of(origin.partition("//")[2])
    return host is None or host != host_of(request.host)


def access_problem(request: web.Request, refusal: AccessRefusalError) -> Problem:
    """Word a refusal."""
    match refusal:
        case UnauthorizedError():
            return Problem(
                status=401,
                code=refusal.code,
                detail=str(refusal),
                headers={"WWW-Authenticate": _challenge(request, refusal)},
            )
        case TooManyAttemptsError():
            return Problem(
                status=429,
                code=refusal.code,
                detail=str(refusal),
                headers={"Retry-After": str(refusal.retry_after)},
            )
        case AccessBusyError():
            return unavailable()
    return Problem(status=403, code=refusal.code, detail=str(refusal))


def _challenge(request: web.Request, refusal: UnauthorizedError) -> str:
    """Say which credentials do; to Basic a browser opens a window, which a page's script hates."""
    bearer = _WRONG_TOKEN if refusal.token else _BEARER
    return bearer if "X-Requested-With" in request.headers else f"{bearer}, {_BASIC}"
