"""What a broker can raise."""


class BrokerError(Exception):
    """Any failure of a broker that its caller may want to handle."""


class BrokerConfigurationError(BrokerError):
    """The URL or a subscription is wrong; trying again will not help."""


class BrokerUnavailableError(BrokerError):
    """The broker did not answer in time; trying again may help."""


class BrokerRefusedError(BrokerUnavailableError):
    """The broker answered and turned us away: role, password, rights or address are wrong.

    Who runs already keeps trying, as with a broker that is away: somebody may mend it.
    """


class TopologyConflictError(BrokerError):
    """A queue or exchange exists with other properties than wanted."""
