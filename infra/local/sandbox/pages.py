"""Renders the sandbox's pages."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.local.door.server import Response
from infra.local.sandbox.words import word

TEMPLATES = Path(__file__).with_name("templates")
STYLE = Path(__file__).with_name("sandbox.css")
CONTENT_SECURITY = (
    b"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    b"form-action 'self' http://127.0.0.1:* http://localhost:*"
)
DECIMALS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def page(name: str, lang: str, *, status: int = 200, **view: Any) -> Response:
    """One page of `templates/`, in the caller's language."""
    text = (
        _environment()
        .get_template(f"{name}.html")
        .render(lang=lang, say=lambda key: word(key, lang), **view)
    )
    headers = [
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Security-Policy", CONTENT_SECURITY),
        (b"Cache-Control", b"no-store"),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"Referrer-Policy", b"same-origin"),
    ]
    return Response(status, headers, text.encode())


def style() -> Response:
    """The sandbox's one stylesheet."""
    headers = [(b"Content-Type", b"text/css; charset=utf-8"), (b"Cache-Control", b"no-cache")]
    return Response(200, headers, STYLE.read_bytes())


def money(amount: int, currency: str) -> str:
    """Minor units as people write them: `12.99 GBP`."""
    decimals = DECIMALS.get(currency, 2)
    whole, rest = divmod(abs(amount), 10**decimals)
    tail = f".{rest:0{decimals}d}" if decimals else ""
    return f"{'-' if amount < 0 else ''}{whole:,}{tail} {currency}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["money"] = money
    return environment
