"""Imports of a merchant's files."""

from typing import Annotated, Any

import msgspec
from chalice import Blueprint
from msgspec import UNSET, Meta, UnsetType

from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.catalog.model.jobs import ImportJob, Remark
from chalicelib.contexts.catalog.service import imports as service
from chalicelib.contexts.identity import service as identity
from chalicelib.kernel.actors import Actor
from chalicelib.web.endpoint import Answer, Keys, endpoint, once, sealed
from chalicelib.web.request import Request

bp = Blueprint(__name__)


class UploadBody(msgspec.Struct, forbid_unknown_fields=True):
    """A file to come, by its name and size in bytes."""

    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=1)]


class UploadView(msgspec.Struct):
    """Where to post the file: a form with these fields first and `file` last."""

    url: str
    fields: dict[str, str]


class ImportView(msgspec.Struct, kw_only=True):
    """An import. `rows` are those read so far; `created`, `updated` and `unchanged` are products.

    The first thousand refused rows and notices are listed; `refused_count` counts them all.
    """

    id: str
    state: str
    rows: int
    created: int
    updated: int
    unchanged: int
    refused: list[Remark]
    notices: list[Remark]
    refused_count: int
    filename: str
    created_at: str
    problem: Remark | UnsetType = UNSET
    upload: UploadView | UnsetType = UNSET


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/imports",
    summary="Import a file of products",
    tag="merchant",
    body=UploadBody,
    raw_body=(service.CSV,),
    answer=ImportView,
    status=202,
    security="merchant",
    keys=Keys.ACCEPTED,
)
def add_import(request: Request) -> Answer:
    actor = identity.merchant(request.bearer)
    take = _take_file if request.body is None else _promise_upload
    return once(request, request.bearer, lambda key: take(actor, request, key))


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/imports/{import_id}",
    summary="How an import is getting on",
    tag="merchant",
    answer=ImportView,
    security="merchant",
)
def get_import(request: Request, import_id: str) -> ImportView:
    found = service.progress(identity.merchant(request.bearer), import_id)
    return _view(found.job, found.refused, found.notices)


def _take_file(actor: Actor, request: Request, key: IdempotencyKey | None) -> Answer:
    job = service.hand_in(
        actor, request.bytes, key=key, seal=lambda job: sealed(_accepted(_view(job)))
    )
    return _accepted(_view(job))


def _promise_upload(actor: Actor, request: Request, key: IdempotencyKey | None) -> Answer:
    body: UploadBody = request.body
    job, form = service.ask_upload(
        actor,
        body.filename,
        body.size,
        key=key,
        seal=lambda job, form: sealed(_accepted(_view(job, form=form))),
    )
    return _accepted(_view(job, form=form))


def _accepted(view: ImportView) -> Answer:
    return Answer(view, 202, {"Location": f"/api/v1/merchant/imports/{view.id}"})


def _view(
    job: ImportJob,
    refused: list[Remark] | None = None,
    notices: list[Remark] | None = None,
    form: dict[str, Any] | None = None,
) -> ImportView:
    counts = job.counts
    return ImportView(
        id=job.id,
        state=job.state.value,
        rows=counts.rows,
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        refused=refused or [],
        notices=notices or [],
        refused_count=counts.refused,
        filename=job.filename,
        created_at=job.created_at,
        problem=job.problem or UNSET,
        upload=UploadView(form["url"], form["fields"]) if form else UNSET,
    )
