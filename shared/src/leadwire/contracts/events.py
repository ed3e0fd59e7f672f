"""Events as CloudEvents 1.0 in structured JSON: make, write and read them.

`new_event` makes one, `to_message` gives the bytes that are stored in the outbox and
never changed again, `read_event` reads them with typed data. `read_envelope` reads any
CloudEvent without a look at its data: that is how the journal takes events that this
version does not know.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    create_model,
)
from uuid_utils.compat import uuid7

from leadwire.broker import Message
from leadwire.contracts.errors import (
    EventTooLargeError,
    UnknownEventTypeError,
    UnreadableEventError,
)
from leadwire.contracts.payloads import (
    EventData,
    LeadAssigned,
    LeadErased,
    LeadInterestedCreated,
    LeadNotInterestedCreated,
    LeadReachedOut,
    LeadReleased,
    LeadsCreated,
    LeadUpdated,
    LeadWorkUpdated,
    ManagerAdded,
    ManagerRemoved,
    ManagerUpdated,
    NotificationFailed,
    Payload,
    UtcTime,
)
from leadwire.contracts.vocabulary import EventType
from leadwire.observability import current_traceparent

MAX_EVENT_BYTES: Final = 65_536
CONTENT_TYPE: Final = "application/cloudevents+json"
SEQUENCE_DIGITS: Final = 10
_MAX_REASONS: Final = 5

_MAX_NAME_BYTES: Final = 255


def _fits_every_broker(text: str) -> str:
    if len(text.encode()) > _MAX_NAME_BYTES:
        raise ValueError(f"it has more than {_MAX_NAME_BYTES} bytes")
    return text


AttributeText = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""A CloudEvents attribute: text that every database column and header can hold."""

NameText = Annotated[AttributeText, AfterValidator(_fits_every_broker)]
"""An attribute that is also a property of the message, which AMQP bounds in bytes: with a longer
one an event could be journaled, and never be sent again."""

DATA_TYPES: Final[Mapping[EventType, type[Payload]]] = MappingProxyType(
    {
        EventType.LEADS_CREATED: LeadsCreated,
        EventType.LEAD_UPDATED: LeadUpdated,
        EventType.LEAD_ERASED: LeadErased,
        EventType.LEAD_ASSIGNED: LeadAssigned,
        EventType.LEAD_RELEASED: LeadReleased,
        EventType.LEAD_REACHED_OUT: LeadReachedOut,
        EventType.LEAD_INTERESTED_CREATED: LeadInterestedCreated,
        EventType.LEAD_NOT_INTERESTED_CREATED: LeadNotInterestedCreated,
        EventType.LEAD_WORK_UPDATED: LeadWorkUpdated,
        EventType.MANAGER_ADDED: ManagerAdded,
        EventType.MANAGER_UPDATED: ManagerUpdated,
        EventType.MANAGER_REMOVED: ManagerRemoved,
        EventType.NOTIFICATION_FAILED: NotificationFailed,
    }
)
"""Which payload each event type carries."""


class Envelope(BaseModel):
    """The attributes of any CloudEvent, also of one whose type is not known here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: NameText
    source: AttributeText
    type: NameText
    subject: AttributeText | None = None
    time: UtcTime | None = None
    datacontenttype: AttributeText | None = None
    dataschema: AttributeText | None = None
    sequence: AttributeText | None = None
    traceparent: AttributeText | None = None


class Event(BaseModel):
    """An event of this contract.

    Attributes:
        id: UUIDv7; `source` and `id` together are the key to deduplicate by.
        source: Who published it, for example `leadwire/import-svc`.
        subject: Id of the lead or manager that it is about, where there is one.
        sequence: The publisher's `rev` of the subject in ten digits, so that text order
            is the order of changes.
        traceparent: W3C trace context of the change.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"]
    id: UUID
    source: AttributeText
    type: EventType
    subject: UUID | None = None
    time: UtcTime
    datacontenttype: Literal["application/json"]
    dataschema: str
    sequence: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] | None = None
    traceparent: AttributeText | None = None
    data: EventData


def _event_model(event_type: EventType, data: type[Payload]) -> type[Event]:
    """Narrow `Event` to one type, so that pydantic need not guess which data it reads."""
    only_this_type: Any = Literal[event_type]  # built at run time, so no type checker knows it
    return create_model(
        f"{data.__name__}Event",
        __base__=Event,
        __doc__=data.__doc__,
        type=(only_this_type, ...),
        data=(data, ...),
    )


EVENT_MODELS: Final = MappingProxyType(
    {event_type: _event_model(event_type, data) for event_type, data in DATA_TYPES.items()}
)
"""The whole event model of each type, for readers and for generated documents."""

_TYPE_OF: Final[Mapping[type[Payload], EventType]] = MappingProxyType(
    {data: name for name, data in DATA_TYPES.items()}
)
_MODEL_BY_NAME: Final = MappingProxyType({str(name): m for name, m in EVENT_MODELS.items()})


def new_event(
    data: EventData,
    *,
    source: str,
    subject: UUID | None = None,
    sequence: int | None = None,
    time: datetime | None = None,
) -> Event:
    """Make an event with a new id, in the current trace.

    Args:
        data: What happened; its class decides the event's type.
        source: Who publishes it, for example `leadwire/import-svc`.
        subject: Id of the one lead or manager that it is about.
        sequence: The subject's `rev` at the publisher.
        time: When it happened, with a time zone; now by default.
    """
    event_type = _TYPE_OF[type(data)]
    return EVENT_MODELS[event_type](
        specversion="1.0",
        id=uuid7(),
        source=source,
        type=event_type,
        subject=subject,
        time=time or datetime.now(UTC),
        datacontenttype="application/json",
        dataschema=f"leadwire:{event_type}:1",
        sequence=None if sequence is None else f"{sequence:0{SEQUENCE_DIGITS}d}",
        traceparent=current_traceparent(),
        data=data,
    )


def to_message(event: Event) -> Message:
    """Give the message to publish; its body is exactly what every subscriber gets.

    Raises:
        EventTooLargeError: The body would be longer than `MAX_EVENT_BYTES`.
    """
    body = event.model_dump_json(exclude=_absent_attributes(event)).encode()
    if len(body) > MAX_EVENT_BYTES:
        raise EventTooLargeError(
            f"a {event.type} event would have {len(body)} bytes; at most {MAX_EVENT_BYTES} "
            "are allowed, so split it or shorten its content"
        )
    headers = {"ce-source": event.source}
    if event.traceparent is not None:
        headers["traceparent"] = event.traceparent
    return Message(
        id=str(event.id),
        type=event.type.value,
        body=body,
        headers=headers,
        content_type=CONTENT_TYPE,
    )


def read_event(message: Message) -> Event:
    """Read an event with typed data.

    Raises:
        UnknownEventTypeError: A CloudEvent of a type that is not in `EventType`.
        UnreadableEventError: Not JSON, not a CloudEvent, or data that does not fit.
    """
    model = _MODEL_BY_NAME.get(message.type)
    if model is None:
        envelope = read_envelope(message)
        raise UnknownEventTypeError(f"the event type {envelope.type!r} is not known here")
    try:
        return model.model_validate_json(message.body)
    except ValidationError as error:
        raise UnreadableEventError(_reason(error)) from None


def read_envelope(message: Message) -> Envelope:
    """Read the attributes of any CloudEvent, without a look at its data.

    Raises:
        UnreadableEventError: Not JSON or not a CloudEvent.
    """
    try:
        return Envelope.model_validate_json(message.body)
    except ValidationError as error:
        raise UnreadableEventError(_reason(error)) from None


def _absent_attributes(event: Event) -> set[str]:
    """Name the attributes to leave out: a CloudEvents attribute is there or is not, never null."""
    return {name for name in ("subject", "sequence", "traceparent") if getattr(event, name) is None}


def _reason(error: ValidationError) -> str:
    """Say what is wrong and where, never with the value that was found."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['msg']}"
        for detail in details[:_MAX_REASONS]
    ]
    if len(details) > _MAX_REASONS:
        lines.append(f"and {len(details) - _MAX_REASONS} more")
    return "; ".join(lines)
