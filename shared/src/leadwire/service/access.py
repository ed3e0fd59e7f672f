"""Make of the settings what tells who asks."""

from datetime import timedelta

from leadwire.access import AccessFileError, Authenticator
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
