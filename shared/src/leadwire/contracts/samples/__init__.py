"""One golden sample of every event, as other teams get to see it.

A change to a sample is a change to the contract: it shows in review. Tests compare the
samples with the models in both directions.
"""

from importlib.resources import files

from leadwire.contracts.vocabulary import EventType


def sample_bytes(event_type: EventType) -> bytes:
    """Return the golden sample of an event, as indented JSON."""
    return (files(__name__) / f"{event_type}.json").read_bytes()
