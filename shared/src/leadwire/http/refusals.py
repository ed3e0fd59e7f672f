"""Answer the errors of a service's rules as problems, by one table per service.

An error says what is wrong, and knows nothing of HTTP: it has a stable `code`, its text says
what to do, and an attribute `extra` may hold what a program needs. The table says which
status it gets. Operations name the classes they can raise; their documentation comes from
the same entries.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from leadwire.http.operations import ErrorResponse
from leadwire.http.problems import JSON, Problem


@dataclass(frozen=True, slots=True)
class Answer:
    """How a class of errors is answered.

    Attributes:
        status: HTTP status.
        retry_after: Seconds after which to come again, if that helps.
        codes: What each code means, for a class whose instances have different ones. The
            only `code` of a class is described by the class's docstring.
    """

    status: int
    retry_after: int | None = None
    codes: Mapping[str, str] = field(default_factory=dict)


class Refusals:
    """The errors of a service that its clients get to see.

    Args:
        answers: By class, which stands for its subclasses too; a number is a status.

    Raises:
        TypeError: A class has no `code`, nor has its answer `codes`.
    """

    def __init__(self, answers: Mapping[type[Exception], Answer | int]) -> None:
        self._answers = {
            error: Answer(answer) if isinstance(answer, int) else answer
            for error, answer in answers.items()
        }
        for error, answer in self._answers.items():
            if not answer.codes and not isinstance(getattr(error, "code", None), str):
                raise TypeError(f"{error.__name__} needs a code")

    @contextmanager
    def as_problems(self) -> Iterator[None]:
        """Turn an error of the table into a problem.

        Raises:
            Problem: Instead of the error.
        """
        try:
            yield
        except tuple(self._answers) as error:
            raise self._problem(error) from None

    def described(self, errors: Sequence[ErrorResponse | type[Exception]]) -> list[ErrorResponse]:
        """Describe what an operation names in `errors`.

        Raises:
            LookupError: A class is not in the table.
        """
        return [described for each in errors for described in self._described(each)]

    def _described(self, error: ErrorResponse | type[Exception]) -> Iterator[ErrorResponse]:
        if isinstance(error, ErrorResponse):
            yield error
            return
        answer = self._answer(error)
        codes = answer.codes or {_code(error): _first_paragraph(error)}
        for code, meaning in codes.items():
            yield ErrorResponse(answer.status, code, meaning)

    def _answer(self, error: type[Exception]) -> Answer:
        for each in error.__mro__:
            if (answer := self._answers.get(each)) is not None:
                return answer
        raise LookupError(f"{error.__name__} is not in the table of refusals")

    def _problem(self, error: Exception) -> Problem:
        answer = self._answer(type(error))
        extra: Mapping[str, JSON] = getattr(error, "extra", {})
        after = answer.retry_after
        return Problem(
            status=answer.status,
            code=_code(error),
            detail=str(error),
            headers=None if after is None else {"Retry-After": str(after)},
            **extra,
        )


def _code(error: Any) -> str:
    return str(error.code)


def _first_paragraph(error: type[Exception]) -> str:
    return " ".join((error.__doc__ or "").partition("\n\n")[0].split())
