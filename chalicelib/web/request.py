"""A request as handlers see it: parsed, checked, with the caller's manners at hand."""

import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar

import msgspec

from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.kernel import ids
from chalicelib.kernel.errors import FieldError, Malformed, TooLarge, UnsupportedMedia
from chalicelib.web import addresses

BODY_BYTES_MAX = 256 * 1024
LOCALES = ("en", "zh-CN")
_PATH = re.compile(r" - at `(?:key in )?\$?\.?([^`]*)`$")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

T = TypeVar("T")


class Request:
    """One HTTP request. `body` and `query` are what the endpoint declared, already checked."""

    def __init__(self, raw: Any, *, path_params: Mapping[str, str]) -> None:
        self.raw = raw
        self.method: str = raw.method
        self.path: str = raw.context.get("path") or raw.path
        self.headers: Mapping[str, str] = raw.headers
        self.params = dict(path_params)
        self.body: Any = None
        self.query: Any = None
        self.form: Any = None
        self.open_query: dict[str, str] = {}
        self._cookies: dict[str, str] | None = None

    @property
    def id(self) -> str:
        """The gateway's id of this request."""
        return request_id(self.raw)

    @property
    def bytes(self) -> bytes:
        """The raw body. Refuses 400 where the gateway's base64 text is none."""
        try:
            body: bytes = self.raw.raw_body
        except ValueError:
            raise Malformed("The body is not what it is said to be: base64") from None
        return body

    def bytes_within(self, most: int = BODY_BYTES_MAX) -> Any:
        """The raw body of a route that reads it itself. Refuses 413 past `most` bytes."""
        if len(self.bytes) > most:
            raise TooLarge
        return self.bytes

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies sent, by name; unreadable ones are left out."""
        if self._cookies is None:
            jar: SimpleCookie = SimpleCookie()
            for part in self.headers.get("cookie", "").split(";"):
                try:
                    jar.load(part.strip())
                except CookieError:
                    continue
            self._cookies = {name: morsel.value for name, morsel in jar.items()}
        return self._cookies

    @property
    def bearer(self) -> str:
        """The token of `Authorization: Bearer …`; empty without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def address(self) -> str:
        """The caller's network address: as CloudFront saw it where it asks, else the gateway."""
        if self.is_from_edge:
            return self.headers.get("x-viewer-address", "")
        identity = self.raw.context.get("identity") or {}
        return str(identity.get("sourceIp") or "")

    @property
    def is_from_edge(self) -> bool:
        """Tell whether CloudFront (or the front door) asks: its word on the visitor then counts."""
        secret = settings().edge_secret
        given = self.headers.get("x-souk-edge", "")
        return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())

    @property
    def address_locale(self) -> str:
        """The language whose prefix the address had, by the edge's word; empty without one."""
        given = self.headers.get(addresses.HEADER, "")
        return given if given in LOCALES and self.is_from_edge else ""

    @property
    def chosen_locale(self) -> str:
        """The language that this browser was told to remember; empty without one."""
        jar = self.cookies
        chosen = jar.get("__Host-souk_locale") or jar.get("souk_locale", "")
        return chosen if chosen in LOCALES else ""

    @property
    def locale(self) -> str:
        """`zh-CN` or `en`: the address's first, then the chosen one, then what the browser prefers."""
        if self.address_locale:
            return self.address_locale
        if self.chosen_locale:
            return self.chosen_locale
        preferred = self.headers.get("accept-language", "").lower()
        zh, en = preferred.find("zh"), preferred.find("en")
        return "zh-CN" if zh >= 0 and (en < 0 or zh < en) else "en"

    def refuse_twice(self, names: Iterable[str]) -> None:
        """Refuse 400 a header that came more than once: which of them counts is anybody's guess."""
        given = self.raw.to_original_event().get("multiValueHeaders") or {}
        counts = Counter(name.lower() for name, values in given.items() for _ in values)
        twice = next((name for name in names if counts[name.lower()] > 1), "")
        if twice:
            raise Malformed(f"There is more than one header {twice!r}")

    @property
    def has_idempotency_key(self) -> bool:
        return "idempotency-key" in self.headers

    def idempotency_key(self, credential: str) -> IdempotencyKey:
        """Return the caller's key in the scope of `credential`, method and path."""
        return IdempotencyKey.make(
            credential=credential,
            method=self.method,
            path=self.path,
            key=self.headers.get("idempotency-key", ""),
            body=self.bytes,
        )


def request_id(raw: Any) -> str:
    """Return the gateway's id of a request, or a new one where it gave none that can be echoed."""
    given = str((raw.context or {}).get("requestId") or "") if raw is not None else ""
    return given if _REQUEST_ID.fullmatch(given) else ids.ulid()


def read_json(raw: bytes, shape: type[T], *, content_type: str, optional: bool = False) -> T:
    """Read a JSON body into a shape.

    Refuses 415 for another media type, 413 past 256 KiB, 400 with the field for what cannot be
    read. With `optional` an empty body counts as `{}`.
    """
    if len(raw) > BODY_BYTES_MAX:
        raise TooLarge
    if not raw and optional:
        raw = b"{}"
    elif content_type and not content_type.lower().startswith("application/json"):
        raise UnsupportedMedia(f"Send application/json, not {content_type[:80]}")
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise malformed(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not JSON: {error}") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply") from None


def read_query(values: Mapping[str, str], shape: type[T]) -> T:
    """Read query parameters into a shape; texts become numbers and booleans where it says so."""
    try:
        return msgspec.convert(dict(values), shape, strict=False, str_keys=True)
    except msgspec.ValidationError as error:
        raise malformed(str(error)) from None


def malformed(message: str) -> Malformed:
    """Turn msgspec's sentence into a refusal that names the field."""
    found = _PATH.search(message)
    field = found.group(1) if found else ""
    detail = message[: found.start()] if found else message
    missing = re.search(r"(?:missing required|unknown) field `([^`]+)`", detail)
    if missing:
        field = f"{field}.{missing.group(1)}" if field else missing.group(1)
    return Malformed(detail, errors=[FieldError(field, _code(detail), detail)])


def _code(detail: str) -> str:
    if "missing required field" in detail:
        return "missing"
    if "unknown field" in detail:
        return "unknown"
    if detail.startswith("Expected `") and "of length" not in detail and ">=" not in detail:
        return "out_of_range" if "<=" in detail else "wrong_type"
    return "out_of_range"
