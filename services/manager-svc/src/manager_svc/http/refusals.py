"""How refusals of the domain are answered."""

from typing import Final

from leadwire.http import Refusals
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

REFUSALS: Final = Refusals(
    {
        NotYoursError: 403,
        LeadNotFoundError: 404,
        ManagerNotFoundError: 404,
        NeverAssignedError: 404,
        NoLeadWaitingError: 404,
        CapacityInUseError: 409,
        IllegalTransitionError: 409,
        LeadDecidedError: 409,
        LeadTakenError: 409,
        ManagerEmailExistsError: 409,
        ManagerFullError: 409,
        ManagerPausedError: 409,
        ManagerRemovedError: 409,
        ReasonRequiredError: 409,
        ExplanationForgottenError: 410,
        StaleLeadError: 412,
    }
)
