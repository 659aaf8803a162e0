"""Single-use codes of a merchant's campaign: made by the thousand, listed page by page."""

from typing import Annotated, Any

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.service import codes
from chalicelib.kernel import ids
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import Keys, created, endpoint, once, replay, sealed
from chalicelib.web.request import Request

bp = Blueprint(__name__)
CODES = "/api/v1/merchant/campaigns/{campaign}/codes"


class CodesBody(msgspec.Struct, forbid_unknown_fields=True):
    """How many codes to make: so many are gone of the campaign's quantity, for good."""

    count: Annotated[int, Meta(ge=1, le=codes.MADE_AT_ONCE_MAX)]


class CodesMadeView(msgspec.Struct):
    """So many codes were made. They are listed under their `batch`."""

    batch: str
    count: int


class CodesQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""
    batch: Annotated[str, Meta(pattern=f"^({codes.KEY.pattern})?$")] = ""


class SingleCodeView(msgspec.Struct):
    """A code that is good once, for whoever has it."""

    code: str
    batch: str


class SingleCodesView(msgspec.Struct):
    items: list[SingleCodeView]
    next_cursor: str | None


@endpoint(
    bp,
    "POST",
    CODES,
    summary="Make single-use codes of a campaign",
    tag="merchant",
    body=CodesBody,
    answer=CodesMadeView,
    status=201,
    security="merchant",
    keys=Keys.REQUIRED,
)
def make_codes(request: Request, campaign: str) -> Any:
    """Make the codes batch by batch. The key's record is written with the first of them and names where
    they lie, so whoever asks again goes on where the first one stopped.
    """
    actor, count = identity.merchant(request.bearer), request.body.count

    def finished(batch: str, key: IdempotencyKey) -> Any:
        where = f"{CODES.format(campaign=campaign)}?batch={batch}"
        return replay(key.settle(sealed(created(CodesMadeView(batch, count), where))))

    def perform(key: IdempotencyKey | None) -> Any:
        assert key is not None, "this route requires one"
        batch = ids.ulid()
        codes.make(actor, campaign, count, key=batch, record=key.record(batch))
        return finished(batch, key)

    def resume(batch: str, key: IdempotencyKey) -> Any:
        codes.make(actor, campaign, count, key=batch)
        return finished(batch, key)

    return once(request, request.bearer, perform, resume=resume)


@endpoint(
    bp,
    "GET",
    CODES,
    summary="The single-use codes of a campaign, those made first before the others",
    tag="merchant",
    query=CodesQuery,
    answer=SingleCodesView,
    security="merchant",
)
def list_codes(request: Request, campaign: str) -> SingleCodesView:
    actor, query = identity.merchant(request.bearer), request.query
    page = codes.some(actor, campaign, query.batch, limit=query.limit, cursor=query.cursor)
    return SingleCodesView(
        [SingleCodeView(code, batch) for code, batch in page.items], page.next_cursor
    )
