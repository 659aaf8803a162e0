"""Any company that speaks OpenID Connect: discovery, code flow with PKCE, id_token by its keys.

https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636 (PKCE), RFC 9207 (`iss`).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.providers.login import Attempt, LoginRefused, Person, code_in, plain, tokens
from chalicelib.providers.login.asking import ask, words

KEPT_S = 3_600
KEYS_ASKED_AGAIN_S = 60
SKEW_S = 60
SCOPE = "openid profile email"


class _Known(Struct):
    """What a container remembers of a company, and until when."""

    endpoints: dict[str, Any]
    keys: list[dict[str, Any]]
    until_s: int
    keys_asked_s: int


_known: dict[str, _Known] = {}


def forget() -> None:
    """Let every company be discovered anew."""
    _known.clear()


class OpenIdConnect:
    """One company, by its issuer."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.issuer = issuer.rstrip("/")
        self.client_id = client_id
        self._client_secret = client_secret

    def begin(self, attempt: Attempt) -> str:
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": attempt.return_url,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "ui_locales": attempt.locale,
        }
        place = words(self._discovered().endpoints, "authorization_endpoint")
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(asked)}"

    def finish(self, attempt: Attempt, query: Mapping[str, str]) -> Person:
        if query.get("iss", self.issuer).rstrip("/") != self.issuer:
            raise LoginRefused
        answer = self._exchange(attempt, code_in(query))
        said = self._verified(words(answer, "id_token"))
        self._check(said, attempt)
        return plain(
            said.get("sub"),
            said.get("name") or said.get("preferred_username"),
            said.get("email"),
            is_verified=said.get("email_verified") is True,
        )

    def _exchange(self, attempt: Attempt, code: str) -> dict[str, Any]:
        endpoints = self._discovered().endpoints
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.return_url,
            "code_verifier": attempt.verifier,
        }
        ways = endpoints.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        headers = {}
        if "client_secret_basic" in ways:
            pair = f"{quote(self.client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            values |= {"client_id": self.client_id, "client_secret": self._client_secret}
        return ask("POST", words(endpoints, "token_endpoint"), values, headers=headers)[0]

    def _check(self, said: Mapping[str, Any], attempt: Attempt) -> None:
        """Hold a verified token against what was asked (Core 1.0, section 3.1.3.7)."""
        now_s = clock.epoch(clock.now())
        audience = said.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        nonce = said.get("nonce")
        issued, ends = said.get("iat"), said.get("exp")
        if str(said.get("iss", "")).rstrip("/") != self.issuer:
            raise LoginRefused
        if not isinstance(audiences, list) or self.client_id not in audiences:
            raise LoginRefused
        if (len(audiences) > 1 or "azp" in said) and said.get("azp") != self.client_id:
            raise LoginRefused
        if not isinstance(ends, int | float) or ends <= now_s - SKEW_S:
            raise LoginRefused
        if not isinstance(issued, int | float) or issued > now_s + SKEW_S:
            raise LoginRefused
        if not isinstance(nonce, str):
            raise LoginRefused
        if not hmac.compare_digest(nonce.encode(), attempt.nonce.encode()):
            raise LoginRefused

    def _verified(self, token: str) -> dict[str, Any]:
        """Verify by the keys that are known; a company that has new ones is asked for them."""
        known = self._discovered()
        try:
            return tokens.claims(token, known.keys)
        except tokens.KeyUnknown:
            now_s = clock.epoch(clock.now())
            if known.keys_asked_s > now_s - KEYS_ASKED_AGAIN_S:
                raise
            known.keys, known.keys_asked_s = _keys(known.endpoints), now_s
            return tokens.claims(token, known.keys)

    def _discovered(self) -> _Known:
        now_s = clock.epoch(clock.now())
        known = _known.get(self.issuer)
        if known is None or known.until_s <= now_s:
            endpoints, _ = ask("GET", f"{self.issuer}/.well-known/openid-configuration")
            if str(endpoints.get("issuer", "")).rstrip("/") != self.issuer:
                raise LoginRefused
            known = _Known(endpoints, _keys(endpoints), now_s + KEPT_S, 0)
            _known[self.issuer] = known
        return known


def _keys(endpoints: Mapping[str, Any]) -> list[dict[str, Any]]:
    found, _ = ask("GET", words(endpoints, "jwks_uri"))
    keys = found.get("keys")
    return [one for one in keys if isinstance(one, dict)] if isinstance(keys, list) else []
