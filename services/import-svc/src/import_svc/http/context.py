"""What the handlers of this service work with."""

from dataclasses import dataclass

from import_svc.http.public_form import PublicForm
from import_svc.http.resume_forms import ResumeForms
from import_svc.http.room import Room
from import_svc.usecases.accept_import import AcceptImport
from import_svc.usecases.cancel_import import CancelImport
from import_svc.usecases.change_lead import ChangeLead
from import_svc.usecases.create_lead import CreateLead
from import_svc.usecases.erase_lead import EraseLead
from import_svc.usecases.import_leads import ImportLeads
from import_svc.usecases.read_imports import ReadImports
from import_svc.usecases.read_resume import ReadResume
from import_svc.usecases.rehearse_import import RehearseImport
from import_svc.usecases.replace_resume import ReplaceResume


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per process, in `app.py`.

    Attributes:
        resume_forms: Reads what bears a resume.
        public_form: What strangers may send, and are told.
        import_slots: Places of the imports that may run at once while their bodies come.
        upload_slots: Places of the bodies that may be stored at once for imports in the background.
        default_region: Region of national phone numbers where a request names none.
        max_body_bytes: Most bytes of one import.
    """

    import_leads: ImportLeads
    accept_import: AcceptImport
    cancel_import: CancelImport
    rehearse_import: RehearseImport
    read_imports: ReadImports
    create_lead: CreateLead
    change_lead: ChangeLead
    erase_lead: EraseLead
    read_resume: ReadResume
    replace_resume: ReplaceResume
    resume_forms: ResumeForms
    public_form: PublicForm
    import_slots: Room
    upload_slots: Room
    default_region: str | None
    max_body_bytes: int
