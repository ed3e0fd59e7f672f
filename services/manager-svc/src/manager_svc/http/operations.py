"""Every route of manager-svc, with what its documentation says."""

from collections.abc import Sequence
from dataclasses import replace

from leadwire.http import ErrorResponse, Operation, Response
from manager_svc.http.context import Context
from manager_svc.http.leads import LeadHandlers
from manager_svc.http.managers import ManagerHandlers
from manager_svc.http.refusals import refusing
from manager_svc.http.views import HistoryPage, LeadView, ManagersPage, ManagerView, MarkedView

ETAG = {"ETag": 'Version of the work side, such as `"work-7"`.'}

NO_MANAGER = ErrorResponse(404, "manager_not_found", "There is no such manager.")
GONE = ErrorResponse(404, "manager_removed", "The manager was removed.")
REMOVED = ErrorResponse(409, "manager_removed", "The manager was removed.")
PAUSED = ErrorResponse(409, "manager_paused", "The manager is paused.")
FULL = ErrorResponse(409, "manager_full", "The manager holds as many leads as he may.")
EMAIL_EXISTS = ErrorResponse(409, "email_exists", "Another manager has this email.")
NO_LEAD = ErrorResponse(404, "lead_not_found", "There is no such lead, or it was erased.")
STALE = ErrorResponse(412, "precondition_failed", "The lead has changed since.")
DECIDED = ErrorResponse(409, "lead_decided", "The lead is decided.")


def operations(context: Context) -> list[Operation]:
    """Return the operations, bound to this service's context."""
    of_managers = _manager_operations(ManagerHandlers(context=context))
    of_leads = _lead_operations(LeadHandlers(context=context))
    return [_refusing(operation) for operation in (*of_managers, *of_leads)]


def _refusing(operation: Operation) -> Operation:
    return replace(operation, handler=refusing(operation.handler))


def _manager_operations(handlers: ManagerHandlers) -> Sequence[Operation]:
    return [
        Operation(
            "POST",
            "/v1/managers",
            handlers.add,
            summary="Add a lead manager",
            tag="managers",
            description="He takes the oldest waiting lead at once.",
            responses={201: Response(ManagerView, "The manager, with the leads he got.")},
            errors=[EMAIL_EXISTS],
        ),
        Operation(
            "GET",
            "/v1/managers",
            handlers.search,
            summary="Search lead managers",
            tag="managers",
            responses={200: Response(ManagersPage, "A page of managers.")},
        ),
        Operation(
            "GET",
            "/v1/managers/{manager_id}",
            handlers.show,
            summary="Show a lead manager",
            tag="managers",
            responses={200: Response(ManagerView, "The manager, with the leads he holds.")},
            errors=[NO_MANAGER, GONE],
        ),
        Operation(
            "PATCH",
            "/v1/managers/{manager_id}",
            handlers.change,
            summary="Change a lead manager",
            tag="managers",
            responses={200: Response(ManagerView, "The manager as he is now.")},
            errors=[
                NO_MANAGER,
                REMOVED,
                EMAIL_EXISTS,
                ErrorResponse(409, "capacity_in_use", "He holds more leads than that."),
            ],
        ),
        Operation(
            "DELETE",
            "/v1/managers/{manager_id}",
            handlers.remove,
            summary="Remove a lead manager",
            tag="managers",
            description="His leads wait again at their old age and go to whoever is free.",
            responses={204: Response(None, "Removed, now or before.")},
            errors=[NO_MANAGER],
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
            description="He keeps what he holds and gets nothing new.",
            responses={200: Response(ManagerView, "The manager, paused.")},
            errors=[NO_MANAGER, REMOVED],
        ),
        Operation(
            "POST",
            "/v1/managers/{manager_id}/resume",
            handlers.resume,
            summary="Resume a lead manager",
            tag="managers",
            responses={200: Response(ManagerView, "The manager, with the leads he got.")},
            errors=[NO_MANAGER, REMOVED],
        ),
        Operation(
            "POST",
            "/v1/managers/{manager_id}/next-lead",
            handlers.take_next,
            summary="Take the oldest waiting lead",
            tag="managers",
            responses={200: Response(LeadView, "The lead, now his.", headers=ETAG)},
            errors=[
                NO_MANAGER,
                REMOVED,
                PAUSED,
                FULL,
                ErrorResponse(404, "no_lead_waiting", "No lead waits."),
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
            description=(
                "`pending` -> `reached_out` -> `interested` or `not_interested`; `reached_out` "
                "may be skipped. A decision frees the manager, who takes the next lead in the "
                "same moment. The status that the lead has already changes nothing."
            ),
            responses={200: Response(MarkedView, "The lead, and the next one.", headers=ETAG)},
            errors=[
                NO_LEAD,
                STALE,
                ErrorResponse(409, "illegal_transition", "`allowed` names what is."),
            ],
        ),
        Operation(
            "PUT",
            "/v1/leads/{lead_id}/assignee",
            handlers.assign,
            summary="Give a lead to a manager",
            tag="leads",
            responses={200: Response(LeadView, "The lead with its assignee.", headers=ETAG)},
            errors=[
                NO_LEAD,
                NO_MANAGER,
                STALE,
                DECIDED,
                ErrorResponse(409, "lead_taken", "Another manager holds it."),
                REMOVED,
                PAUSED,
                FULL,
            ],
        ),
        Operation(
            "DELETE",
            "/v1/leads/{lead_id}/assignee",
            handlers.give_back,
            summary="Give a lead back",
            tag="leads",
            description=(
                "It waits again at its old age. The same manager is not offered it until he has "
                "had another, or an hour has passed."
            ),
            responses={200: Response(LeadView, "The lead as it is now.", headers=ETAG)},
            errors=[NO_LEAD, STALE],
        ),
        Operation(
            "GET",
            "/v1/leads/{lead_id}/history",
            handlers.history,
            summary="What happened to a lead",
            tag="leads",
            responses={200: Response(HistoryPage, "A page, oldest first.")},
            errors=[NO_LEAD],
        ),
    ]
