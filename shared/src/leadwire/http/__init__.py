"""The HTTP edge of a service: operations in, problems out, documented and observed.

A service describes each route as an `Operation`; `add_operations` routes it, parses its
requests by its handler's annotations, and puts it into the OpenAPI document.
"""

from leadwire.http.access import access_problem, is_still_let_in, principal_of
from leadwire.http.application import (
    DEFAULT_MAX_BODY,
    add_operations,
    answer_unavailable_when,
    new_application,
)
from leadwire.http.bodies import RequestBody
from leadwire.http.clients import client_of
from leadwire.http.cursors import Keyset, Position
from leadwire.http.etags import Precondition, etag_header, versions_of
from leadwire.http.files import serve_file
from leadwire.http.health import add_readiness_check
from leadwire.http.keys import AUTHENTICATOR, DRAINING, LEAVING, REQUEST_ID, SUPERVISOR
from leadwire.http.lines import PRINTABLE, Reason, stripped
from leadwire.http.metrics import add_registry
from leadwire.http.negotiation import NOT_ACCEPTABLE, AcceptHeader, accepts_coding, negotiate
from leadwire.http.operations import ErrorResponse, Operation, Response
from leadwire.http.paging import PageQuery
from leadwire.http.parsing import invalid_request, model_of_fields, model_of_json
from leadwire.http.patches import without_null
from leadwire.http.problems import JSON, Problem
from leadwire.http.refusals import Answer, Refusals
from leadwire.http.responses import encoded_json_response, json_response
from leadwire.http.server import HttpServer
from leadwire.http.writing import SlowReaderError, write_within

__all__ = [
    "AUTHENTICATOR",
    "DEFAULT_MAX_BODY",
    "DRAINING",
    "JSON",
    "LEAVING",
    "NOT_ACCEPTABLE",
    "PRINTABLE",
    "REQUEST_ID",
    "SUPERVISOR",
    "AcceptHeader",
    "Answer",
    "ErrorResponse",
    "HttpServer",
    "Keyset",
    "Operation",
    "PageQuery",
    "Position",
    "Precondition",
    "Problem",
    "Reason",
    "Refusals",
    "RequestBody",
    "Response",
    "SlowReaderError",
    "accepts_coding",
    "access_problem",
    "add_operations",
    "add_readiness_check",
    "add_registry",
    "answer_unavailable_when",
    "client_of",
    "encoded_json_response",
    "etag_header",
    "invalid_request",
    "is_still_let_in",
    "json_response",
    "model_of_fields",
    "model_of_json",
    "negotiate",
    "new_application",
    "principal_of",
    "serve_file",
    "stripped",
    "versions_of",
    "without_null",
    "write_within",
]
