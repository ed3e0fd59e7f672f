"""What comes with the extra `leadwire-client[access]`."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def from_the_extra() -> Iterator[None]:
    """Say what to install if a library is not there.

    Raises:
        ValueError: It is not.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{error.name} is not installed; it comes with `pip install leadwire-client[access]`"
        ) from None
