"""Settings from files, one for each variable: how containers are handed their secrets."""

import os
import warnings
from pathlib import Path
from typing import Any, Final

from pydantic_settings import BaseSettings, SecretsSettingsSource, SettingsError

VARIABLE: Final = "LEADWIRE_SECRETS_DIR"


class SecretFilesError(Exception):
    """The directory, or a file in it that stands for a setting, cannot be used."""


class SecretFiles(SecretsSettingsSource):
    """Reads the directory that `LEADWIRE_SECRETS_DIR` names; nothing if it is not set.

    Args:
        settings: The settings class.
    """

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings, secrets_dir=secrets_dir())

    def __call__(self) -> dict[str, Any]:
        """Return what the files say, by the fields' aliases.

        Raises:
            SecretFilesError: There is no such directory, or a file in it cannot be read, or it
                is a link that leads out of it.
        """
        directory = secrets_dir()
        if directory is not None and not directory.is_dir():
            raise SecretFilesError(f"{VARIABLE} is wrong: there is no directory {directory}")
        try:
            with warnings.catch_warnings():
                # What the library warns of is a secret that it leaves out.
                warnings.simplefilter("error")
                return super().__call__()
        except OSError as error:
            raise SecretFilesError(f"{VARIABLE} is wrong: {error}") from None
        except SettingsError as error:
            if (reason := _unreadable(error.__cause__)) is None:
                raise
            raise SecretFilesError(f"{VARIABLE} is wrong: {reason}") from None


def _unreadable(error: BaseException | None) -> str | None:
    """Tell why a file could not be read; None if it could, but says nothing of use."""
    if isinstance(error, UnicodeDecodeError):
        return "a file there is not UTF-8"  # the error itself quotes what it could not read
    return str(error) if isinstance(error, UserWarning | OSError) else None


def secrets_dir() -> Path | None:
    """Return the directory, if there is to be one."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def and_not_in_a_file(variable: str) -> str:
    """Tell of the file that could stand in for a variable, as the end of a clause."""
    directory = secrets_dir()
    return f", and there is no file {directory / variable.lower()}" if directory else ""
