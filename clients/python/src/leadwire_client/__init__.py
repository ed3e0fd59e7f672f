"""Leadwire's client: import leads, mark them, and follow every change.

`Client` blocks, `AsyncClient` is for asyncio; both can do the same. Everything that a program
needs is here; modules whose names begin with an underscore are nobody's business.
"""

from leadwire_client._core.retries import Backoff
from leadwire_client.access import Me, Token
from leadwire_client.async_client import AsyncClient
from leadwire_client.async_stream import AsyncLiveLeads, AsyncStream
from leadwire_client.cache import LeadCache
from leadwire_client.checkpoints import (
    AsyncCheckpoint,
    Checkpoint,
    FileCheckpoint,
    MemoryCheckpoint,
)
from leadwire_client.client import Client
from leadwire_client.credentials import ApiKey, Basic, Bearer, Credentials, LogIn
from leadwire_client.errors import (
    AccessError,
    CheckpointError,
    ConflictError,
    InvalidRequestError,
    LeadwireError,
    NotFoundError,
    ProblemError,
    ProtocolError,
    TransportError,
    UnavailableError,
)
from leadwire_client.explanations import Assignment, FreeManager, Orphan, Removal, WaitingLead
from leadwire_client.filters import Filters
from leadwire_client.frames import (
    Batch,
    Bye,
    Change,
    End,
    Fault,
    Frame,
    Gone,
    Hello,
    Mark,
    Put,
    Reset,
    Synced,
)
from leadwire_client.journal import Delivery, JournalEntry
from leadwire_client.models import (
    Availability,
    Failure,
    HistoryEntry,
    ImportProblem,
    ImportProgress,
    ImportStatus,
    Lead,
    LeadContact,
    LeadCounts,
    LeadStatus,
    LeadWork,
    Manager,
    ManagerRef,
    Marked,
    Origin,
    Page,
    Receipt,
    Tags,
)
from leadwire_client.ops import (
    OutboxStatus,
    ParkedDecision,
    ParkedEvent,
    Requeued,
    RequeueRefusal,
    ServiceStatus,
    SubscriptionStatus,
)
from leadwire_client.replays import Replay, ReplayError, ReplayProgress
from leadwire_client.resumes import NewResume, Resume, ResumeLink
from leadwire_client.stream import LiveLeads, Stream
from leadwire_client.webhooks import Discarded, Retried, Webhook, WebhookAnswer, WebhookWithSecret

__all__ = [
    "AccessError",
    "ApiKey",
    "Assignment",
    "AsyncCheckpoint",
    "AsyncClient",
    "AsyncLiveLeads",
    "AsyncStream",
    "Availability",
    "Backoff",
    "Basic",
    "Batch",
    "Bearer",
    "Bye",
    "Change",
    "Checkpoint",
    "CheckpointError",
    "Client",
    "ConflictError",
    "Credentials",
    "Delivery",
    "Discarded",
    "End",
    "Failure",
    "Fault",
    "FileCheckpoint",
    "Filters",
    "Frame",
    "FreeManager",
    "Gone",
    "Hello",
    "HistoryEntry",
    "ImportProblem",
    "ImportProgress",
    "ImportStatus",
    "InvalidRequestError",
    "JournalEntry",
    "Lead",
    "LeadCache",
    "LeadContact",
    "LeadCounts",
    "LeadStatus",
    "LeadWork",
    "LeadwireError",
    "LiveLeads",
    "LogIn",
    "Manager",
    "ManagerRef",
    "Mark",
    "Marked",
    "Me",
    "MemoryCheckpoint",
    "NewResume",
    "NotFoundError",
    "Origin",
    "Orphan",
    "OutboxStatus",
    "Page",
    "ParkedDecision",
    "ParkedEvent",
    "ProblemError",
    "ProtocolError",
    "Put",
    "Receipt",
    "Removal",
    "Replay",
    "ReplayError",
    "ReplayProgress",
    "RequeueRefusal",
    "Requeued",
    "Reset",
    "Resume",
    "ResumeLink",
    "Retried",
    "ServiceStatus",
    "Stream",
    "SubscriptionStatus",
    "Synced",
    "Tags",
    "Token",
    "TransportError",
    "UnavailableError",
    "WaitingLead",
    "Webhook",
    "WebhookAnswer",
    "WebhookWithSecret",
]
