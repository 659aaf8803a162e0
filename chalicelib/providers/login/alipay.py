"""Alipay: everything goes through one gateway, signed by us and signed by them (RSA2).

https://opendocs.alipay.com/open/263/105809 (login), https://opendocs.alipay.com/common/02mriz (signing)
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chalicelib.kernel import clock
from chalicelib.providers.login import Attempt, LoginDeclined, LoginRefused, Person, code_in, plain
from chalicelib.providers.login.asking import ask, words

AUTHORIZE = "https://openauth.alipay.com"
GATEWAY = "https://openapi.alipay.com"
SCOPE = "auth_user"
BEIJING = timezone(timedelta(hours=8))
TOKEN, SHARE = "alipay.system.oauth.token", "alipay.user.info.share"


class Alipay:
    """A web application of the Alipay Open Platform, with its own key and Alipay's."""

    def __init__(
        self, app_id: str, private_key: str, alipay_public_key: str, url: str = ""
    ) -> None:
        self.app_id = app_id
        self._private_key = private_key
        self._alipay_public_key = alipay_public_key
        self._authorize, self._gateway = url or AUTHORIZE, url or GATEWAY

    def begin(self, attempt: Attempt) -> str:
        asked = {
            "app_id": self.app_id,
            "scope": SCOPE,
            "redirect_uri": attempt.return_url,
            "state": attempt.state,
        }
        return f"{self._authorize}/oauth2/publicAppAuthorize.htm?{urlencode(asked)}"

    def finish(self, attempt: Attempt, query: Mapping[str, str]) -> Person:
        """`open_id` takes the place of `user_id` in newer applications."""
        del attempt
        if query.get("error_scope") or query.get("app_id", self.app_id) != self.app_id:
            raise LoginRefused
        if not query.get("auth_code") and not query.get("error"):
            raise LoginDeclined
        code = code_in(query, "auth_code")
        given = self._call(TOKEN, {"grant_type": "authorization_code", "code": code})
        person = self._call(SHARE, {"auth_token": words(given, "access_token")})
        subject = given.get("user_id") or given.get("open_id")
        if subject != (person.get("user_id") or person.get("open_id")):
            raise LoginRefused
        return plain(subject, person.get("nick_name"))

    def _call(self, method: str, values: Mapping[str, str]) -> dict[str, Any]:
        """Ask the gateway; what it answers counts only with its signature."""
        sent = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": clock.now().astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            **values,
        }
        sent["sign"] = self._sign(signed_text(sent))
        found, text = ask("POST", f"{self._gateway}/gateway.do", sent)
        node = f"{method.replace('.', '_')}_response"
        if node not in found:
            raise LoginRefused
        raw = raw_of(text, node)
        self._verify(raw, words(found, "sign"))
        said = json.loads(raw)
        if not isinstance(said, dict) or said.get("code", "10000") != "10000":
            raise LoginRefused
        return said

    def _sign(self, text: str) -> str:
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        signature = _private(self._private_key).sign(text.encode(), padding.PKCS1v15(), SHA256())
        return base64.b64encode(signature).decode()

    def _verify(self, text: str, signature: str) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            given = base64.b64decode(signature, validate=True)
            key = _public(self._alipay_public_key)
            key.verify(given, text.encode(), padding.PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            raise LoginRefused from None


def signed_text(values: Mapping[str, str]) -> str:
    """What is signed of a request: every value that is not empty, in the order of their names."""
    return "&".join(f"{name}={values[name]}" for name in sorted(values) if values[name])


def raw_of(text: str, node: str) -> str:
    """Cut a value out of an answer as it was written: that, byte for byte, is what was signed."""
    start = text.find(f'"{node}"')
    begin = text.find(":", start) + 1
    begin += len(text[begin:]) - len(text[begin:].lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text, begin)
    except ValueError:
        raise LoginRefused from None
    return text[begin:end]


@cache
def _private(key: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    return load_der_private_key(base64.b64decode(key), password=None)


@cache
def _public(key: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    return load_der_public_key(base64.b64decode(key))
