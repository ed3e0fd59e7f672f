"""Why a request about webhooks, deliveries or replays is refused.

Each refusal has a stable `code` and a message that says what to do.
"""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID


class RefusalError(Exception):
    """The request is understood, and the rules do not allow it."""

    code: ClassVar[str]


class WebhookNotFoundError(RefusalError):
    """No such webhook, or it was deleted."""

    code = "webhook_not_found"

    def __init__(self, webhook_id: UUID) -> None:
        super().__init__(f"there is no webhook {webhook_id}")


class WebhookDisabledError(RefusalError):
    """The webhook wants nothing: what would wait for it would be cancelled."""

    code = "webhook_disabled"

    def __init__(self, webhook_id: UUID) -> None:
        super().__init__(f"webhook {webhook_id} is disabled: enable or pause it, and ask again")


class TooManyWebhooksError(RefusalError):
    """There are as many webhooks as there may be."""

    code = "too_many_webhooks"

    def __init__(self, limit: int) -> None:
        super().__init__(f"there are {limit} webhooks, which is the most: delete one first")


class UrlNotAllowedError(RefusalError):
    """The URL is none that events may be sent to."""

    code = "url_not_allowed"


class DeliveryNotFoundError(RefusalError):
    """No such delivery, or it was forgotten with its age."""

    code = "delivery_not_found"

    def __init__(self, delivery_id: UUID) -> None:
        super().__init__(f"there is no delivery {delivery_id}")


class DeliveryFinishedError(RefusalError):
    """The delivery was made or cancelled, or its lead is erased: it cannot be tried again."""

    code = "delivery_finished"

    def __init__(self, delivery_id: UUID, status: str) -> None:
        super().__init__(
            f"delivery {delivery_id} is {status}: only what is pending or parked is tried again, "
            "and of emails only those whose lead is not erased"
        )


class DeliveryNotParkedError(RefusalError):
    """The delivery is not parked, so there is nothing to discard."""

    code = "delivery_not_parked"

    def __init__(self, delivery_id: UUID, status: str) -> None:
        super().__init__(
            f"delivery {delivery_id} is {status}: only what is parked can be discarded"
        )


class ReplayNotFoundError(RefusalError):
    """No such replay, or it was forgotten with its age."""

    code = "replay_not_found"

    def __init__(self, replay_id: UUID) -> None:
        super().__init__(f"there is no replay {replay_id}")


class ReplayEndedError(RefusalError):
    """The replay has completed or failed, and cannot be cancelled any more.

    Attributes:
        extra: `replay_status`, how it ended.
    """

    code = "replay_ended"

    def __init__(self, status: str) -> None:
        super().__init__(f"the replay cannot be cancelled any more: it has {status}")
        self.extra = {"replay_status": status}


class NoSuchEventTypeError(RefusalError):
    """No event of a type that is asked for can be in the journal, as its name is mistyped.

    Attributes:
        extra: `unknown_types`, and `known_types`, those of Leadwire.
    """

    code = "event_type_unknown"

    def __init__(self, unknown: Sequence[str], *, known: Sequence[str]) -> None:
        super().__init__(
            f"no event in the journal is of type {', '.join(unknown)}; the types of Leadwire are "
            f"{', '.join(known)}"
        )
        self.extra = {"unknown_types": list(unknown), "known_types": list(known)}


class TooManyReplaysError(RefusalError):
    """As many replays run as may.

    Attributes:
        extra: `replay_ids`, those that run.
    """

    code = "too_many_replays"

    def __init__(self, running: Sequence[UUID]) -> None:
        super().__init__(
            f"{len(running)} replays run, and no more may: wait until one has ended, or cancel one"
        )
        self.extra = {"replay_ids": [str(each) for each in running]}


class KeyReusedError(RefusalError):
    """The key was used to ask for another replay."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used to ask for another replay, and nothing was begun: use a "
            "new key for a new replay"
        )
