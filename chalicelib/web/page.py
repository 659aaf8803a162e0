"""HTML routes: one decorator that reads the form, checks where it comes from, calls, and renders."""

import functools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from chalice import Blueprint, Response
from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.kernel.errors import FieldError, Malformed, NotFound, NotSignedIn, Refusal
from chalicelib.web import csrf, errors, forms
from chalicelib.web.addresses import in_language
from chalicelib.web.render import Frame, content_security_policy, render
from chalicelib.web.request import malformed
from chalicelib.web.session import CONSOLE, MEMBER, Cookie, Visit

NO_STORE = "no-store"
EDGE_S = 5
STALE_S = 2
"""How long CloudFront may show a public page, and how much longer while it asks for a newer one:
listings may follow by ten seconds, and the index takes its share of them."""

SIGN_IN = {"shop": "/account/sign-in", "console": "/console/sign-in"}
NEXT_LENGTH_MAX = 500


class Html(Struct, frozen=True):
    """A page: a template with its view.

    A public page shows everybody the same: nothing of its visitor, no cookie, no token in its
    forms; CloudFront may keep it for `fresh_s`, with 0 not at all.
    """

    template: str
    view: Any = None
    status: int = 200
    cookies: tuple[Cookie, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    is_public: bool = False
    fresh_s: int = EDGE_S
    stale_s: int = STALE_S


class Redirect(Struct, frozen=True):
    """After a form, or to where something has moved: See Other. Keeps the address's language."""

    to: str
    cookies: tuple[Cookie, ...] = ()
    status: int = 303


class Problem(Struct, frozen=True):
    """What a page about a refusal shows. `errors` go beside the fields they name."""

    status: int
    code: str
    text: str
    request_id: str
    back: str = "/"
    errors: Mapping[str, str] = field(default_factory=dict)


class UnsureForm(Struct, frozen=True):
    """A form that may be anybody's, to be sent again by the one who sees it."""

    action: str
    fields: list[tuple[str, str]]


class PageRoute(Struct, frozen=True, kw_only=True):
    """A page's description, kept on its handler for the tests."""

    method: str
    path: str
    area: str
    from_public: bool = False


Answered = Html | Redirect | Response
Refused = Callable[..., Html | Redirect]
_shelves: dict[str, Callable[[Visit], Any]] = {}


def shelf(area: str) -> Callable[[Callable[[Visit], Any]], Callable[[Visit], Any]]:
    """Register what an area's layout shows on all of its pages: the shop's categories."""

    def keep(build: Callable[[Visit], Any]) -> Callable[[Visit], Any]:
        _shelves[area] = build
        return build

    return keep


def page(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    refused: Refused | None = None,
    takes_files: bool = False,
    from_public: bool = False,
) -> Callable[[Callable[..., Answered]], Callable[..., Response]]:
    """Register a handler `(visit, **path parameters) -> Html | Redirect | plain(…)` as a page.

    Everything but GET needs the form's CSRF token and comes from the shop's own pages. A refusal
    becomes the page that `refused(visit, refusal, **path parameters)` shows (the form again, with
    what was typed; not for a form that could not be read), the sign-in page, or a page that says
    what happened. `from_public` takes a form without a token from the shop's own public pages,
    which have none to give (`csrf.check_public`).
    """
    route = PageRoute(method=method, path=path, area=area_of(path), from_public=from_public)

    def decorate(handler: Callable[..., Answered]) -> Callable[..., Response]:
        @functools.wraps(handler)
        def view(**path_params: str) -> Response:
            visit = Visit(bp.current_request, path_params=path_params)
            visit.path = _address(path, path_params)
            again = None
            try:
                _read(visit, takes_files=takes_files, from_public=from_public)
                again = refused
                return _respond(visit, handler(visit, **path_params))
            except Exception as error:  # noqa: BLE001 - the one place where errors become pages
                return _refuse(visit, error, again, path_params)

        view.page = route  # type: ignore[attr-defined]
        options = {"methods": [method], "content_types": ["*/*"], "name": f"{method} {path}"}
        return bp.route(path, **options)(view)

    return decorate


def area_of(path: str) -> str:
    """Tell the console's pages from the shop's."""
    return "console" if path.split("/")[1] == "console" else "shop"


def problem(visit: Visit, refusal: Refusal, *, back: str = "/") -> Problem:
    """Put a refusal into words for the page that shows it."""
    return Problem(
        status=refusal.status,
        code=refusal.code,
        text=visit.words.refusal(refusal),
        request_id=visit.id,
        back=back,
        errors={error.field: _said(visit, error) for error in refusal.errors},
    )


def converted(values: Mapping[str, Any], shape: type[Any]) -> Any:
    """Read a form's values into the shape that the JSON API takes; refuses naming the field."""
    try:
        return msgspec.convert(values, shape, strict=False, str_keys=True)
    except msgspec.ValidationError as error:
        raise malformed(str(error)) from None


def local(address: str, otherwise: str) -> str:
    """Return an address to go on to if it is a path of this shop, else another one."""
    parts = urlsplit(address)
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    if not is_path or parts.netloc or len(address) > NEXT_LENGTH_MAX or "\\" in address:
        return otherwise
    return otherwise if any(ord(letter) < 32 for letter in address) else address


def with_query(path: str, values: Mapping[str, Any]) -> str:
    """Write an address with the parameters that have a value."""
    given = {name: value for name, value in values.items() if value not in ("", None, False)}
    return f"{path}?{urlencode(given)}" if given else path


def _said(visit: Visit, error: FieldError) -> str:
    """Say what is wrong with a field; one that was left empty is to be filled in, whatever it is."""
    is_empty = visit.fields.get(error.field) == ""
    return visit.words.field_error(replace(error, code="missing") if is_empty else error)


def missing(*fields: str) -> Malformed:
    """Make the refusal of a form in which something was left out."""
    return Malformed(
        "Something is missing", errors=[FieldError(name, "missing", "Missing") for name in fields]
    )


def respond(visit: Visit, answer: Html, *, status: int | None = None) -> Response:
    """Render a page and give it its headers. Personal pages are stored nowhere."""
    is_found = answer.is_public and (status or answer.status) == 200
    frame = _frame(visit, is_public=answer.is_public, is_indexed=is_found)
    html = render(answer.template, words=visit.words, frame=frame, view=answer.view)
    cookies = [*visit.set_cookies, *answer.cookies]
    headers: dict[str, Any] = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": visit.locale,
        "Content-Security-Policy": content_security_policy(),
        **_keeping(visit, answer),
        **answer.headers,
    }
    if cookies:
        headers["Set-Cookie"] = [cookie.line() for cookie in cookies]
    return Response(body=html, status_code=status or answer.status, headers=headers)


def plain(visit: Visit, text: str, content_type: str, *, fresh_s: int = EDGE_S) -> Response:
    """Answer a public text that is no page: a feed, what robots are told."""
    answer = Html("", is_public=True, fresh_s=fresh_s)
    headers = {"Content-Type": content_type, **_keeping(visit, answer)}
    return Response(body=text, status_code=200, headers=headers)


def attached(visit: Visit, text: str, content_type: str, *, name: str) -> Response:
    """Answer a file of one's own, to be kept under this name."""
    headers: dict[str, Any] = {
        "Content-Type": content_type,
        "Content-Disposition": f'attachment; filename="{name}"',
        **_keeping(visit, Html("")),
    }
    if visit.set_cookies:
        headers["Set-Cookie"] = [cookie.line() for cookie in visit.set_cookies]
    return Response(body=text, status_code=200, headers=headers)


def _keeping(visit: Visit, answer: Html) -> dict[str, str]:
    """Say who may keep a page. Where the address names no language, the visitor's wish decides; the
    edge has put a chosen one into `Accept-Language`, but nobody else knows of the cookie.
    """
    if not answer.is_public:
        return {"Cache-Control": NO_STORE, "Vary": "Cookie, Accept-Language"}
    assert not answer.cookies, "a public page gives no cookies"
    assert not visit.set_cookies, "a public page gives no cookies"
    depends_on_cookie = not visit.is_from_edge and bool(visit.chosen_locale)
    if not answer.fresh_s or depends_on_cookie:
        return {"Cache-Control": NO_STORE}
    seconds = f"s-maxage={answer.fresh_s}, stale-while-revalidate={answer.stale_s}"
    kept = {"Cache-Control": f"public, max-age=0, {seconds}"}
    return kept if visit.address_locale else {**kept, "Vary": "Accept-Language"}


def _read(visit: Visit, *, takes_files: bool, from_public: bool) -> None:
    if visit.method == "GET":
        return
    kind = visit.headers.get("content-type", "")
    visit.fields = forms.read(visit.bytes, kind, takes_files=takes_files)
    token = visit.fields.text(csrf.FIELD)
    if from_public and not token:
        csrf.check_public(visit.headers)
    else:
        csrf.check(visit.holders, token, visit.headers)


def _respond(visit: Visit, answer: Answered) -> Response:
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, Html):
        return respond(visit, answer)
    headers: dict[str, Any] = {
        "Location": in_language(visit.address_locale, answer.to),
        "Cache-Control": NO_STORE,
    }
    cookies = [*visit.set_cookies, *answer.cookies]
    if cookies:
        headers["Set-Cookie"] = [cookie.line() for cookie in cookies]
    return Response(body="", status_code=answer.status, headers=headers)


def _refuse(
    visit: Visit, error: Exception, refused: Refused | None, path_params: Mapping[str, str]
) -> Response:
    """Answer a refusal with a page; what breaks while doing so is a defect with a plain page."""
    try:
        refusal = errors.refusal_of(error, visit.id)
        if refused is not None and refusal.status < 500:
            response = _respond(visit, refused(visit, refusal, **path_params))
            if refusal.retry_after_s is not None:
                response.headers["Retry-After"] = str(refusal.retry_after_s)
            return response
        return _respond(visit, _page_about(visit, refusal))
    except Exception as second:  # noqa: BLE001 - see above
        refusal = errors.refusal_of(second, visit.id)
        return _respond(visit, _page_about(visit, refusal))


def _page_about(visit: Visit, refusal: Refusal) -> Html | Redirect:
    area = area_of(visit.path)
    if isinstance(refusal, NotSignedIn):
        here = _here(visit) if visit.method == "GET" else ""
        return Redirect(with_query(SIGN_IN[area], {"next": here}))
    if isinstance(refusal, csrf.FormUnsure):
        again = [(name, value) for name in visit.fields for value in visit.fields.all(name)]
        return Html("pages/errors/unsure.html", UnsureForm(visit.path, again), refusal.status)
    template = "not-found" if isinstance(refusal, NotFound) else "refused"
    headers = {}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    back = "/console" if area == "console" else "/"
    view = problem(visit, refusal, back=local(_referrer(visit), back))
    return Html(
        f"pages/errors/{template}.html",
        view,
        refusal.status,
        headers=headers,
        is_public=area == "shop" and visit.method == "GET",
        fresh_s=0,
    )


def _frame(visit: Visit, *, is_public: bool, is_indexed: bool) -> Frame:
    area = area_of(visit.path)
    build = _shelves.get(area)
    return Frame(
        locale=visit.locale,
        address_locale=visit.address_locale,
        area=area,
        path=visit.path,
        here=_here(visit) if visit.method == "GET" else "/",
        is_public=is_public,
        is_indexed=is_indexed,
        token=lambda: "" if is_public else visit.csrf_token,
        is_signed_in=not is_public and bool(visit.cookie(CONSOLE if area == "console" else MEMBER)),
        cart_count=0 if is_public else visit.cart_count,
        request_id=visit.id,
        shelf=build(visit) if build else None,
    )


def _address(path: str, path_params: Mapping[str, str]) -> str:
    """Write the page's address as the browser knows it: the gateway's may begin with its stage."""
    for name, value in path_params.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _here(visit: Visit) -> str:
    return with_query(visit.path, visit.query_text)


def _referrer(visit: Visit) -> str:
    parts = urlsplit(visit.headers.get("referer", ""))
    return parts.path + (f"?{parts.query}" if parts.query else "")
