"""How an error is logged that may quote what somebody sent."""

import traceback


def error_fields(error: BaseException) -> dict[str, str]:
    """Name an error without its text, which may quote an address."""
    stack = "".join(traceback.format_tb(error.__traceback__))
    return {"error": type(error).__name__, "stack": stack}
