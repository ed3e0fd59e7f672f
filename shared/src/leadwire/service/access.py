"""Make of the settings what tells who may ask, and under which name."""

from collections.abc import Sequence
from datetime import timedelta

from leadwire.access import AccessFileError, Authenticator
from leadwire.http.hosts import ANY_HOST, hosts_from, is_of_this_machine
from leadwire.service.access_settings import AccessSettings
from leadwire.service.settings import SettingsError


def authenticator_of(settings: AccessSettings, *, issues_tokens: bool) -> Authenticator | None:
    """Return what tells who asks; None if access is off.

    Args:
        settings: Name the files.
        issues_tokens: Whether tokens are signed here, too.

    Raises:
        SettingsError: A file cannot be used.
    """
    if settings.auth == "off" or settings.users_file is None or settings.token_keys_file is None:
        return None
    try:
        authenticator = Authenticator(
            users_file=settings.users_file,
            token_keys_file=settings.token_keys_file,
            token_lifetime=timedelta(seconds=settings.token_lifetime),
        )
        if issues_tokens:
            authenticator.insist_on_signing()
    except AccessFileError as error:
        raise SettingsError([f"access cannot be on: {error}"]) from None
    return authenticator


def served_hosts_of(settings: AccessSettings, *, listens_on: str) -> Sequence[str] | None:
    """Return the names under which it may be asked beside localhost and addresses; None for any.

    Where nothing is set, somebody's own machine is told from a server behind a gateway, which looks
    after names itself, by where the process listens and whom it trusts.

    Args:
        settings: May name them.
        listens_on: Address or name that the process listens on.
    """
    hosts = hosts_from(settings.allowed_hosts)
    if hosts:
        return None if hosts == [ANY_HOST] else hosts
    own_machine = is_of_this_machine(listens_on) and not settings.trusted_proxies
    return [] if settings.auth == "off" and own_machine else None
