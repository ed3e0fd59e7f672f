"""What a patch is described by."""

from typing import Any


def without_null(schema: dict[str, Any]) -> None:
    """Describe a field that may be left out, but must not be null.

    To be given to pydantic's `Field` as `json_schema_extra`. A type that says so itself would
    show in the path of what is wrong with the field.
    """
    [kept] = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
    schema.update(kept)
