"""What a broker can raise."""


class BrokerError(Exception):
    """Any failure of a broker that its caller may want to handle."""


class BrokerConfigurationError(BrokerError):
    """The URL or a subscription is wrong; trying again will not help."""


class BrokerUnavailableError(BrokerError):
    """The broker did not answer in time; trying again may help."""


class TopologyConflictError(BrokerError):
    """A queue or exchange exists with other properties than wanted."""
