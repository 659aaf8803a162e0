"""What the adapters share: asking a company and reading its JSON."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalicelib.providers import http
from chalicelib.providers.login import LoginRefused

FORM = "application/x-www-form-urlencoded"


def ask(
    method: str,
    url: str,
    values: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> tuple[dict[str, Any], str]:
    """Send one request with its values; returns the JSON object and the text that it came as.

    Refuses `login.refused` for what is no object, and for a 4xx that says that our question was
    wrong: a code that was used, has expired or is another's.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    body = None
    if method == "POST":
        sent["Content-Type"] = f"{FORM};charset=utf-8"
        body = urlencode(values or {}).encode()
    elif values:
        url = f"{url}?{urlencode(values)}"
    answer = http.call(method, url, headers=sent, body=body)
    try:
        text = answer.body.decode()
        found = json.loads(text)
    except ValueError:
        raise LoginRefused from None
    if answer.status != 200 or not isinstance(found, dict):
        raise LoginRefused
    return found, text


def words(found: Mapping[str, Any], name: str) -> str:
    """Return a text that an answer must have."""
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise LoginRefused
    return value
