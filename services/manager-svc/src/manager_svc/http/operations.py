"""Every route of manager-svc, with what its documentation says."""

from collections.abc import Sequence

from leadwire.access import ADMINS, Role, only
from leadwire.http import Operation, Response
from manager_svc.domain.errors import (
    CapacityInUseError,
    ExplanationForgottenError,
    IllegalTransitionError,
    LeadDecidedError,
    LeadNotFoundError,
    LeadTakenError,
    ManagerEmailExistsError,
    ManagerFullError,
    ManagerNotFoundError,
    ManagerPausedError,
    ManagerRemovedError,
    NeverAssignedError,
    NoLeadWaitingError,
    NotYoursError,
    ReasonRequiredError,
    StaleLeadError,
)
from manager_svc.http.access import AccessHandlers
from manager_svc.http.access_operations import access_operations
from manager_svc.http.context import Context
from manager_svc.http.leads import LeadHandlers
from manager_svc.http.managers import ManagerHandlers
from manager_svc.http.views import (
    AssignmentView,
    HistoryPage,
    LeadView,
    ManagersPage,
    ManagerView,
    MarkedView,
    RemovalView,
)

ETAG = {"ETag": 'Version of the work side, such as `"work-7"`.'}

REPLAYED = {"Idempotent-Replayed": "`true` if an earlier request with the same key took it."}


def operations(context: Context) -> list[Operation]:
    """Return the operations, bound to this service's context."""
    return [
        *access_operations(AccessHandlers()),
        *_manager_operations(ManagerHandlers(context=context)),
        *_lead_operations(LeadHandlers(context=context)),
    ]


def _manager_operations(handlers: ManagerHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/managers",
            handlers.add,
            summary="Add a lead manager",
            tag="managers",
            access=ADMINS,
            description="He takes the oldest waiting lead at once.",
            responses={201: Response(ManagerView, "The manager, with the leads he got.")},
            errors=[ManagerEmailExistsError],
        ),
        Operation(
            "GET",
            "/v1/managers",
            handlers.search,
            summary="Search lead managers",
            tag="managers",
            access=only(Role.MANAGER, Role.READER),
            description="`GET /v1/managers/{manager_id}` shows all leads of one who holds many.",
            responses={200: Response(ManagersPage, "A page of managers.")},
        ),
        Operation(
            "GET",
            "/v1/managers/{manager_id}",
            handlers.show,
            summary="Show a lead manager",
            tag="managers",
            access=only(Role.MANAGER, Role.READER),
            description="A removed one, too: histories name him.",
            responses={200: Response(ManagerView, "The manager, with the leads he holds.")},
            errors=[ManagerNotFoundError],
        ),
        Operation(
            "PATCH",
            "/v1/managers/{manager_id}",
            handlers.change,
            summary="Change a lead manager",
            tag="managers",
            access=ADMINS,
            responses={200: Response(ManagerView, "The manager as he is now.")},
            errors=[
                ManagerNotFoundError,
                ManagerRemovedError,
                ManagerEmailExistsError,
                CapacityInUseError,
            ],
        ),
        Operation(
            "DELETE",
            "/v1/managers/{manager_id}",
            handlers.remove,
            summary="Remove a lead manager",
            tag="managers",
            access=ADMINS,
            description=(
                "His leads wait again at their old age and go to whoever is free, in the same "
                "moment. With `dry_run=true` nothing is changed."
            ),
            responses={
                200: Response(RemovalView, "What would happen now, with `dry_run=true`."),
                204: Response(None, "Removed, now or before."),
            },
            errors=[ManagerNotFoundError],
        ),
        Operation(
            "POST",
            "/v1/managers/{manager_id}/restore",
            handlers.restore,
            summary="Restore a removed lead manager",
            tag="managers",
            access=ADMINS,
            description=(
                "He is free from now on, also if he was paused when he was removed, and what he "
                "held stays with others. "
                "`GET /v1/managers?state=removed` finds him."
            ),
            responses={200: Response(ManagerView, "The manager, with the leads he got.")},
            errors=[ManagerNotFoundError, ManagerEmailExistsError],
        ),
        *_availability_operations(handlers),
    ]


def _availability_operations(handlers: ManagerHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/managers/{manager_id}/pause",
            handlers.pause,
            summary="Pause a lead manager",
            tag="managers",
            access=only(Role.MANAGER),
            description="He keeps what he holds and gets nothing new.",
            responses={200: Response(ManagerView, "The manager, paused.")},
            errors=[NotYoursError, ManagerNotFoundError, ManagerRemovedError],
        ),
        Operation(
            "POST",
            "/v1/managers/{manager_id}/resume",
            handlers.resume,
            summary="Resume a lead manager",
            tag="managers",
            access=only(Role.MANAGER),
            responses={200: Response(ManagerView, "The manager, with the leads he got.")},
            errors=[NotYoursError, ManagerNotFoundError, ManagerRemovedError],
        ),
        Operation(
            "POST",
            "/v1/managers/{manager_id}/next-lead",
            handlers.take_next,
            summary="Take the oldest waiting lead",
            tag="managers",
            access=only(Role.MANAGER),
            description=(
                "One that he gave back is passed over until he has had another, or an hour has "
                "passed."
            ),
            responses={
                200: Response(
                    LeadView,
                    "The lead, now his; or the one that he took by this key, as it is now.",
                    headers=ETAG | REPLAYED,
                )
            },
            errors=[
                NotYoursError,
                LeadNotFoundError,
                ManagerNotFoundError,
                ManagerRemovedError,
                ManagerPausedError,
                ManagerFullError,
                NoLeadWaitingError,
            ],
        ),
    ]


def _lead_operations(handlers: LeadHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "PUT",
            "/v1/leads/{lead_id}/status",
            handlers.mark,
            summary="Mark a lead",
            tag="leads",
            access=only(Role.MANAGER),
            description=(
                "`pending` -> `reached_out` -> `interested` or `not_interested`; `reached_out` "
                "may be skipped. A decision frees the manager, who takes the next lead in the "
                "same moment. The status that the lead has already changes nothing, "
                "whatever `If-Match` says, so a request whose answer was lost can be sent again. "
                "Then `next_lead` is null, since nothing was given out: "
                "`GET /v1/managers/{manager_id}` shows what he holds.\n\n"
                "A decision may be corrected, `interested` into `not_interested` and back, with a "
                "`reason`; its event is published again. Marking takes the lead's manager or an "
                "administrator, correcting an administrator."
            ),
            responses={200: Response(MarkedView, "The lead, and the next one.", headers=ETAG)},
            errors=[
                NotYoursError,
                LeadNotFoundError,
                StaleLeadError,
                IllegalTransitionError,
                ReasonRequiredError,
            ],
        ),
        Operation(
            "PUT",
            "/v1/leads/{lead_id}/assignee",
            handlers.assign,
            summary="Give a lead to a manager",
            tag="leads",
            access=only(Role.MANAGER),
            description=(
                "To the one who holds it already changes nothing, whatever `If-Match` says: a "
                "request may be repeated."
            ),
            responses={200: Response(LeadView, "The lead with its assignee.", headers=ETAG)},
            errors=[
                NotYoursError,
                LeadNotFoundError,
                ManagerNotFoundError,
                StaleLeadError,
                LeadDecidedError,
                LeadTakenError,
                ManagerRemovedError,
                ManagerPausedError,
                ManagerFullError,
            ],
        ),
        Operation(
            "DELETE",
            "/v1/leads/{lead_id}/assignee",
            handlers.give_back,
            summary="Give a lead back",
            tag="leads",
            access=only(Role.MANAGER),
            description=(
                "It waits again at its old age. The same manager is not offered it until he has "
                "had another, or an hour has passed, no matter who has held it meanwhile.\n\n"
                "Somebody else may get it in the same moment. So say who gives it back, by "
                "`manager_id`, or in which version, by `If-Match`: one without either that is "
                "repeated, because its answer was lost, takes the lead from the next one. Where "
                "nobody holds it, or not he, nothing changes, whatever `If-Match` says."
            ),
            responses={200: Response(LeadView, "The lead as it is now.", headers=ETAG)},
            errors=[NotYoursError, LeadNotFoundError, ManagerNotFoundError, StaleLeadError],
        ),
        Operation(
            "GET",
            "/v1/leads/{lead_id}/assignment",
            handlers.explain,
            summary="Why a lead went to its manager",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            description=(
                "Explains the last assignment, also of a lead that has been released or decided "
                "since: who was free at that moment and since when, which lead had waited "
                "longest, and what rule chose. Of decided leads that is kept for a while "
                "(`MANAGER_EXPLANATION_RETENTION_DAYS`, 90 by default)."
            ),
            responses={200: Response(AssignmentView, "The last assignment, explained.")},
            errors=[LeadNotFoundError, NeverAssignedError, ExplanationForgottenError],
        ),
        Operation(
            "GET",
            "/v1/leads/{lead_id}/history",
            handlers.history,
            summary="What happened to a lead",
            tag="leads",
            access=only(Role.MANAGER, Role.READER),
            description=(
                "It is kept for good, unless `MANAGER_HISTORY_RETENTION_DAYS` says for how long "
                "after the last thing that happened to a lead that is decided; then "
                "`forgotten_at` says so."
            ),
            responses={200: Response(HistoryPage, "A page, oldest first.")},
            errors=[LeadNotFoundError],
        ),
    ]
