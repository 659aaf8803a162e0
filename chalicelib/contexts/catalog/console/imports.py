"""The merchant's imports: a form for a file, and how the job is getting on."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog.model.jobs import ImportState, Remark
from chalicelib.contexts.catalog.service import imports as service
from chalicelib.contexts.catalog.service.imports import Progress
from chalicelib.contexts.identity.console import staff
from chalicelib.kernel.errors import Forbidden, NotSignedIn, Refusal
from chalicelib.web.forms import wrong
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, Redirect, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

NAME_LENGTH_MAX = 200

STATES = {
    ImportState.QUEUED: (N_("Queued"), "wait"),
    ImportState.RUNNING: (N_("Running"), "go"),
    ImportState.DONE: (N_("Done"), "good"),
    ImportState.FAILED: (N_("Failed"), "bad"),
}
assert set(STATES) == set(ImportState), "every state has its words"


class CountView(Struct, frozen=True):
    count: int
    label: str


class ImportView(Struct, frozen=True, kw_only=True):
    """How an import is getting on; `rows_done` of `rows` are bytes of the file."""

    state: str
    tone: str
    standing: str
    is_running: bool
    rows: int
    rows_done: int
    counts: list[CountView]
    refused: list[Remark]
    notices: list[Remark]


class UploadView(Struct, frozen=True):
    note: str = ""


@page(bp, "GET", "/console/imports")
def show_form(visit: Visit) -> Html:
    staff(visit)
    return Html("console/catalog/imports.html", UploadView())


def form_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn | Forbidden):
        raise refusal
    staff(visit)
    return Html(
        "console/catalog/imports.html", UploadView(visit.words.refusal(refusal)), refusal.status
    )


@page(bp, "POST", "/console/imports", refused=form_again, takes_files=True)
def hand_in(visit: Visit) -> Redirect:
    actor, file = staff(visit).actor, visit.fields.files.get("file")
    if file is None:
        raise wrong("file", "missing")
    job = service.hand_in(actor, file.data, filename=file.name[:NAME_LENGTH_MAX])
    return Redirect(f"/console/imports/{job.id}")


@page(bp, "GET", "/console/imports/{job}")
def show(visit: Visit, job: str) -> Html:
    progress = service.progress(staff(visit).actor, job)
    return Html("console/catalog/import.html", import_view(progress, visit.words))


def import_view(progress: Progress, words: Words) -> ImportView:
    """Show how an import is getting on."""
    job = progress.job
    state, tone = STATES[job.state]
    counts = job.counts
    refused = [*([job.problem] if job.problem else []), *progress.refused]
    return ImportView(
        state=words.say(state),
        tone=tone,
        standing=f"{job.state}-{counts.rows}-{counts.notices}",
        is_running=job.state in {ImportState.QUEUED, ImportState.RUNNING},
        rows=job.size,
        rows_done=min(job.offset, job.size),
        counts=[
            CountView(counts.rows, words.say(N_("rows read"))),
            CountView(counts.created, words.say(N_("products created"))),
            CountView(counts.updated, words.say(N_("products updated"))),
            CountView(counts.unchanged, words.say(N_("products unchanged"))),
            CountView(counts.refused, words.say(N_("rows refused"))),
        ],
        refused=refused,
        notices=progress.notices,
    )
