"""Find a broker by the scheme of its URL.

Transports register in the entry-point group `leadwire.brokers` under their URL
scheme, so a third party adds one by installing a distribution.
"""

from functools import cache
from importlib.metadata import EntryPoints, entry_points
from urllib.parse import urlsplit

from leadwire.broker.errors import BrokerConfigurationError
from leadwire.broker.port import Broker

ENTRY_POINT_GROUP = "leadwire.brokers"


@cache
def installed_transports() -> EntryPoints:
    """Return what is registered, read once: every installed distribution is looked into."""
    return entry_points(group=ENTRY_POINT_GROUP)


def known_schemes() -> list[str]:
    """Return the URL schemes for which a broker is installed."""
    return sorted(installed_transports().names)


def broker_from_url(url: str, *, name: str) -> Broker:
    """Return a client, not yet connected, of the broker that the URL names.

    Args:
        url: For example `amqp://user:password@host:5672/vhost`.
        name: Name of the connection, as the broker's operators see it.

    Raises:
        BrokerConfigurationError: No installed broker has this scheme, or it refuses the URL.
            The message names the schemes there are, and never the URL, which may bear a
            password.
    """
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        raise BrokerConfigurationError("it is not a URL") from None
    found = installed_transports().select(name=scheme)
    if not found:
        raise BrokerConfigurationError(
            f"no broker for URLs that start with {scheme + '://'!r}; "
            f"installed are: {', '.join(known_schemes())}"
        )
    transport: type[Broker] = next(iter(found)).load()
    return transport.from_url(url, name=name)
