"""Send signed events to other systems' endpoints, and take their answers within bounds."""

from notifier_svc.endpoints.client import EndpointAnswer, EndpointClient
from notifier_svc.endpoints.signing import signed_headers

__all__ = ["EndpointAnswer", "EndpointClient", "signed_headers"]
