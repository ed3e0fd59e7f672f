"""Why tests cannot have the RabbitMQ that they want."""


class RabbitMQNotAvailableError(Exception):
    """There is no RabbitMQ here, or it does not start; the message says what to do."""


class RabbitMQNotOursError(Exception):
    """Somebody else's server was asked to do what only its owner may do."""
