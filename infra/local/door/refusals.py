"""What the front door says by itself: problem+json for programs, a page for people.

Codes and words are those that the gateway gives on AWS, from the same table.
"""

from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path

from infra.local.door.server import Request, Response
from infra.local.door.viewer import prepared
from infra.stack.edge import FILES_POLICY, MAINTENANCE_PAGE
from infra.stack.gateway import REFUSALS, RETRY_AFTER_S, GatewayRefusal

PROGRAM_PATHS = (b"/api/", b"/webhooks/", b"/media/", b"/static/")
PAGE = Path(__file__).with_name("refusal.html")
METHOD_NOT_ALLOWED = GatewayRefusal(
    405,
    "request.method_not_allowed",
    "This method is not allowed here",
    "This address does not take that method.",
)
WORDS_ZH = {
    400: ("看不懂这个请求", "请回到上一页再试一次。"),
    404: ("找不到这个页面", "链接可能写错了，或者页面已经搬走。"),
    405: ("这个地址不能这样访问", "请回到上一页再试一次。"),
    413: ("内容太大了", "一次最多可以发送 10 MB。"),
    415: ("不支持这种内容", "请换一种格式再试一次。"),
    429: ("请求太频繁了", "请稍等片刻再试。"),
    503: ("商城暂时没有回应", "请稍等片刻再试一次。"),
}
assert {refusal.status for refusal in (*REFUSALS.values(), METHOD_NOT_ALLOWED)} == set(WORDS_ZH)


def refuse(
    kind: str, request: Request, request_id: str, *, retry_after_s: int | None = None
) -> Response:
    """Answer with the gateway's refusal of this kind, in the form that the caller reads."""
    extra = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return _answer(REFUSALS[kind], request, request_id, extra)


def maintenance(static: Path) -> Response:
    """The page that CloudFront shows from S3 where the API cannot be reached."""
    body = (static.parent / MAINTENANCE_PAGE.removeprefix("/")).read_bytes()
    headers = [
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Cache-Control", b"no-store"),
        (b"Content-Security-Policy", FILES_POLICY.encode()),
        (b"Retry-After", str(RETRY_AFTER_S).encode()),
    ]
    return Response(503, headers, body)


def refuse_method(request: Request, request_id: str, allowed: frozenset[str]) -> Response:
    """Answer 405 with the methods that the route takes."""
    extra = {"Allow": ", ".join(sorted(allowed))}
    return _answer(METHOD_NOT_ALLOWED, request, request_id, extra)


def _answer(
    refusal: GatewayRefusal, request: Request, request_id: str, extra: dict[str, str]
) -> Response:
    headers = refusal.headers | {"X-Request-Id": request_id} | extra
    body = refusal.body(request_id)
    if wants_page(request):
        headers["Content-Type"] = "text/html; charset=utf-8"
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
        body = _page(request, refusal, request_id)
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Response(refusal.status, encoded, body.encode())


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks for something to look at."""
    if request.raw_path.startswith(PROGRAM_PATHS):
        return False
    return b"text/html" in request.header(b"accept")


def _page(request: Request, refusal: GatewayRefusal, request_id: str) -> str:
    is_chinese = prepared(request).header(b"accept-language") == b"zh-CN"
    if is_chinese:
        title, detail = WORDS_ZH[refusal.status]
        refusal = replace(refusal, title=title, detail=detail)
    words = {
        "lang": "zh-CN" if is_chinese else "en",
        "title": refusal.title,
        "detail": refusal.detail,
        "home": "回到首页" if is_chinese else "Back to the shop",
        "request_id": request_id,
    }
    page = _page_text()
    for name, value in words.items():
        page = page.replace(f"[[{name}]]", escape(value))
    return page


@cache
def _page_text() -> str:
    return PAGE.read_text(encoding="utf-8")
