"""All environment variables of import-svc."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from import_svc.domain.phones import known_region
from import_svc.storage.file_address import check_files_url
from leadwire.service import ServiceSettings


def _names_a_store(url: str) -> str:
    check_files_url(url)
    return url


class ImportSettings(ServiceSettings):
    """Settings of import-svc, read from the environment once, at start."""

    model_config = SettingsConfigDict(env_prefix="IMPORT_")

    files_url: Annotated[str, AfterValidator(_names_a_store)] = Field(
        description="Where files are kept that are too large for the database: "
        "`file:///some/directory`, which all replicas must share, `s3://bucket/prefix`, "
        "`gs://bucket/prefix` or `az://container/prefix`. Credentials, regions and endpoints are "
        "taken from the providers' usual variables, such as `AWS_ACCESS_KEY_ID`, "
        "`AWS_SECRET_ACCESS_KEY`, `AWS_REGION` and `AWS_ENDPOINT_URL`, `GOOGLE_SERVICE_ACCOUNT`, "
        "`AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`.",
    )
    default_region: Annotated[str, AfterValidator(known_region)] | None = Field(
        default=None,
        description="Two-letter region whose national phone numbers are understood where a "
        "request names none, for example `US`. Without it, such numbers must begin with `+`.",
    )
    max_body_bytes: int = Field(
        default=4 * 1024**3,
        ge=1024,
        description="Most bytes of one import; unpacked, if it is sent compressed.",
    )
    max_resume_bytes: int = Field(
        default=10 * 1024**2,
        ge=1024,
        le=1024**3,
        description="Most bytes of a resume. A process has memory for eight such at once; further "
        "ones get 503, and the client that sends the slowest must then send at least 64 KiB a "
        "second or be cut off.",
    )
    form_resume_required: bool = Field(
        default=False,
        description="Whether the public form refuses a lead without a resume.",
    )
    form_per_minute: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="With access on: leads that one client address may send to one process "
        "through the public form a minute; as many may come at once, and further ones get 429. "
        "Whoever shows a role that brings leads has no such limit.",
    )
    form_honeypot: str = Field(
        default="leave_blank",
        pattern=r"[A-Za-z0-9_.-]{1,64}",
        description="Name of a field of the form that people do not see: a lead with anything in "
        "it comes from a program that fills in every field, and is dropped without saying so. "
        "Where the sender shows who he is, nobody looks at it.",
    )
    form_conceals: bool = Field(
        default=False,
        description="With access on: whether the public form says 201 `received` also of a person "
        "who is a lead already, and shows nobody the lead, so that nobody can find out by it "
        "whose address is known. Whoever shows a role that brings leads is told everything.",
    )
    failure_retention_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days after an import's end for which it is kept which rows failed, with the "
        "values given. Its receipt, with the counts, is kept for good.",
    )
    max_running: int = Field(
        default=4,
        ge=1,
        le=100,
        description="Most imports that one process runs at once while their bodies come, and most "
        "bodies that it stores at once for imports in the background; a further one gets 503, and "
        "the client that sends the slowest must then send at least 64 KiB a second or be cut off. "
        "Each needs a database connection of the pool; one of more than 512 KiB also a process of "
        "its own, which makes some 100 MiB in all.",
    )
    background_running: int = Field(
        default=2,
        ge=0,
        le=100,
        description="Most imports that one process works off at once in the background; with 0 it "
        "leaves them to others. Each needs a database connection of the pool; one of more "
        "than 512 KiB also a process of its own, which makes some 100 MiB in all.",
    )
