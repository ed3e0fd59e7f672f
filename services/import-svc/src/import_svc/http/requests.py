"""What requests bear, beside the bodies of imports."""

from types import MappingProxyType
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
)

from import_svc.decoding import FIELDS, as_written
from import_svc.domain.phones import known_region

_MOST_MAPPED: Final = len(FIELDS)
_ALIASES: Final = MappingProxyType({"first_name": "name", "last_name": "family_name"})


def _as_map(items: list[str]) -> dict[str, str]:
    mapped: dict[str, str] = {}
    for item in items:
        alias, colon, header = item.partition(":")
        field = _ALIASES.get(alias.strip(), alias.strip())
        if not colon or not header.strip() or field not in FIELDS:
            raise ValueError(
                f"Write it as FIELD:COLUMN, with one of {', '.join(FIELDS)}, "
                "for example cellphone:Phone 1"
            )
        if field in mapped:
            raise ValueError("A field is mapped twice")
        if as_written(header) in map(as_written, mapped.values()):
            raise ValueError("Two fields are mapped to the same column")
        mapped[field] = header.strip()
    return mapped


def _checked_map(items: list[str]) -> list[str]:
    _as_map(items)
    return items


_ToJudge = Annotated[JsonValue, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})]
Key = Annotated[str, Field(min_length=1, max_length=255)]


class ImportQuery(BaseModel):
    """The query string of an import."""

    map: Annotated[list[str], Field(max_length=_MOST_MAPPED), AfterValidator(_checked_map)] = Field(
        default=[],
        description="Which column is what where its name does not say so, as `FIELD:COLUMN`, for "
        "example `cellphone:Phone 1`; once per field.",
    )
    dry_run: bool = Field(
        default=False,
        description="Give the receipt that the import would have, and store nothing.",
    )

    region: Annotated[str, AfterValidator(known_region)] | None = Field(
        default=None,
        description="Region whose national phone numbers are understood, for example `US`.",
    )

    @property
    def mapped(self) -> dict[str, str]:
        """Column by field."""
        return _as_map(self.map)


class ImportHeaders(BaseModel):
    """The headers of an import."""

    idempotency_key: Key | None = Field(
        default=None,
        validation_alias="Idempotency-Key",
        description="A name of your own for this request, new for each import, for example a "
        "UUID. Sent again with the same key and body, an import that is complete gives the same "
        "receipt, and one that failed goes on where it stopped. Another body under the key is "
        "refused with 422. Of an import that failed, or was cancelled before its body was there, "
        "what is stored decides: a body must begin with that. So a corrected file may have the "
        "key of one of which nothing was stored, for example since its columns were not "
        "recognised. With access on, each user and API key has keys of his own.",
    )
    prefer: str | None = Field(
        default=None,
        validation_alias="Prefer",
        description="`respond-async`: answer as soon as the body is stored, and work it off in "
        "the background (RFC 7240). A dry run is answered with its receipt all the same.",
    )


class NewLeadHeaders(BaseModel):
    """The headers of the form."""

    idempotency_key: Key | None = Field(
        default=None,
        validation_alias="Idempotency-Key",
        description="A name of your own for this request, for example a UUID. Sent again with the "
        "same key and body it gives the lead that was created, not another one nor a conflict; "
        "for 30 days after the lead's erasure 410 `lead_erased`, whatever the body. With access "
        "on, each user and API key has keys of his own; those of strangers count only together "
        "with the body, and show a lead that was changed since to none of them.",
    )


class DownloadHeaders(BaseModel):
    """The headers of a download."""

    if_none_match: str = Field(
        default="",
        alias="If-None-Match",
        max_length=500,
        description="ETag of what is known already: 304 if it is still so.",
    )

    def has(self, tag: str) -> bool:
        """Tell whether a version is among those that the client knows."""
        return self.if_none_match.strip() == "*" or f'"{tag}"' in self.if_none_match


class NewResume(BaseModel):
    """A resume as text."""

    model_config = ConfigDict(extra="forbid")

    resume: str | None = Field(
        default=None,
        description="The resume as plain text, kept as a TXT file; or an http(s) URL of it, which "
        "is kept as a link and never fetched.",
    )


class NewLead(NewResume):
    """A lead from the form. What its fields must be like is judged as in an import."""

    # Neither wrong types nor unknown fields are refused here: the answer tells of all that is
    # wrong, and the values are judged later.
    model_config = ConfigDict(extra="allow", json_schema_extra={
        "additionalProperties": False,
        "examples": [{
            "name": "Ada", "family_name": "Lovelace", "email": "ada@example.com",
            "cellphone": "+14155552671",
        }],
    })  # fmt: skip

    name: _ToJudge = Field(
        default=None,
        validation_alias=AliasChoices("name", "first_name"),
        description="Required, 1 to 200 characters; `first_name` is the same.",
    )
    family_name: _ToJudge = Field(
        default=None,
        validation_alias=AliasChoices("family_name", "last_name"),
        description="Required, 1 to 200 characters; `last_name` is the same.",
    )
    email: _ToJudge = Field(default=None, description="Required; unique without regard to case.")
    cellphone: _ToJudge = Field(
        default=None, description="Unique; international (`+...`) or of the default region."
    )

    def unknown(self, *, honeypot: str) -> list[str]:
        """Name the fields that the form does not have, or has under another name already."""
        return [name for name in self.model_extra or {} if name != honeypot]

    def fills(self, honeypot: str) -> bool:
        """Tell whether something stands in the field that people do not see."""
        return bool((self.model_extra or {}).get(honeypot))


_FILE: Final = {"type": "string", "format": "binary", "description": "PDF, DOC, DOCX, ODT or TXT."}
# Without a default in the schema, where null would be none.
_File = Annotated[str | None, WithJsonSchema(_FILE), Field(default_factory=lambda: None)]


class NewResumeForm(NewResume):
    """A resume as a file of a form."""

    resume: _File


class NewLeadForm(NewLead):
    """A lead from the form, with its resume as a file."""

    resume: _File


class LeadPatch(BaseModel):
    """What to change of a lead; what is left out stays. Judged as at the lead's creation."""

    # Nor are wrong types refused here.
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "family_name": "King", "attributes": {"Company": "Analytical Engines", "Fax": None},
    }]})  # fmt: skip

    name: _ToJudge = Field(
        default=None,
        validation_alias=AliasChoices("name", "first_name"),
        description="1 to 200 characters; `first_name` is the same.",
    )
    family_name: _ToJudge = Field(
        default=None,
        validation_alias=AliasChoices("family_name", "last_name"),
        description="1 to 200 characters; `last_name` is the same.",
    )
    email: _ToJudge = Field(default=None, description="Unique without regard to case.")
    cellphone: _ToJudge = Field(
        default=None,
        description="Unique; international (`+...`) or of the default region. null removes it, "
        "but not from a lead that was imported.",
    )
    attributes: dict[str, JsonValue] | None = Field(
        default=None,
        description="Merged into those that are there, as a JSON merge patch (RFC 7396): a key "
        "that is null is removed; null for `attributes` itself removes all.",
    )

    def given(self) -> dict[str, object]:
        """Return only what was sent, by field."""
        return {field: getattr(self, field) for field in self.model_fields_set}
