"""Companies that know who somebody is: each in its own protocol, refusing what the real one refuses."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from chalicelib.kernel import clock
from tests.makers.companies import Answer, Company

RETURN_URL = "http://127.0.0.1:8000/sign-in/with/company/return"
ADA = {"subject": "248289761001", "name": "Ada Example", "email": "ada@home.example"}


@dataclass
class Grant:
    """What a code is good for; it is good once."""

    person: dict[str, Any]
    asked: dict[str, str]
    is_used: bool = False


class LoginCompany(Company):
    """What all have in common: one application, one registered return address, codes good once."""

    app_id = "app_1"
    secret = "secret_1"

    def __init__(self) -> None:
        super().__init__()
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}

    def agree(self, url: str, **person: Any) -> dict[str, str]:
        """Let a person agree at the address that the adapter gave; returns what comes back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["redirect_uri"] == RETURN_URL, "another address than the one registered"
        self.check(urlsplit(url).path, asked)
        code = f"code_{len(self.grants)}"
        self.grants[code] = Grant({**ADA, **person}, asked)
        return self.back(code, asked["state"])

    def check(self, path: str, asked: dict[str, str]) -> None:
        raise AssertionError("a company looks at what it is asked")

    def back(self, code: str, state: str) -> dict[str, str]:
        return {"code": code, "state": state}

    def use(self, code: str) -> Grant | None:
        """Take a code; None for one that is unknown or was used."""
        grant = self.grants.get(code)
        if grant is None or grant.is_used:
            return None
        grant.is_used = True
        return grant

    def token(self, grant: Grant) -> str:
        name = f"token_{len(self.tokens)}"
        self.tokens[name] = grant
        return name


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Signer:
    """A key pair of an OpenID company."""

    kid: str
    algorithm: str = "RS256"
    key: Any = field(default=None)

    def __post_init__(self) -> None:
        if self.key is None:
            is_rsa = self.algorithm == "RS256"
            self.key = (
                rsa.generate_private_key(65_537, 2_048)
                if is_rsa
                else ec.generate_private_key(ec.SECP256R1())
            )

    @property
    def public(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        common = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "RS256":
            return {**common, "kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        pair = {name: b64(getattr(numbers, name).to_bytes(32, "big")) for name in "xy"}
        return {**common, "kty": "EC", "crv": "P-256", **pair}

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        head = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **header}
        text = ".".join(b64(json.dumps(one).encode()) for one in (head, claims))
        return f"{text}.{b64(self.signature(text.encode()))}"

    def signature(self, signed: bytes) -> bytes:
        if self.algorithm == "RS256":
            return self.key.sign(signed, padding.PKCS1v15(), SHA256())
        pair = decode_dss_signature(self.key.sign(signed, ec.ECDSA(SHA256())))
        return b"".join(one.to_bytes(32, "big") for one in pair)


class OpenIdCompany(LoginCompany):
    """Discovery, keys, code flow; holds the code to client, address and PKCE verifier."""

    def __init__(self, signer: Signer) -> None:
        super().__init__()
        self.signer = signer
        self.auth_methods = ["client_secret_basic"]
        self.issuer_told = ""
        self.forge: Callable[[dict[str, Any], Signer], str] = lambda said, by: by.signed(said)

    def check(self, path: str, asked: dict[str, str]) -> None:
        assert path == "/authorize"
        assert asked["client_id"] == self.app_id
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == 43
        assert len(asked["nonce"]) >= 16

    def back(self, code: str, state: str) -> dict[str, str]:
        return {"code": code, "state": state, "iss": self.url}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer_told or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": self.auth_methods,
            }
        if path == "/keys":
            return 200, {"keys": [self.signer.public]}
        assert (method, path) == ("POST", "/token")
        sent = dict(parse_qsl(body.decode()))
        if not self._is_client(sent, headers):
            return 401, {"error": "invalid_client"}
        grant = self.use(sent.get("code", ""))
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        is_fine = (
            grant is not None
            and sent.get("grant_type") == "authorization_code"
            and sent.get("redirect_uri") == grant.asked["redirect_uri"]
            and b64(digest) == grant.asked["code_challenge"]
        )
        if grant is None or not is_fine:
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": self.token(grant),
            "token_type": "Bearer",
            "id_token": self.forge(self._claims(grant), self.signer),
        }

    def _is_client(self, sent: dict[str, str], headers: dict[str, str]) -> bool:
        if "client_secret_post" in self.auth_methods:
            return (sent.get("client_id"), sent.get("client_secret")) == (self.app_id, self.secret)
        scheme, _, pair = headers.get("authorization", "").partition(" ")
        given = base64.b64decode(pair).decode().split(":") if scheme == "Basic" else []
        return [unquote(one) for one in given] == [self.app_id, self.secret]

    def _claims(self, grant: Grant) -> dict[str, Any]:
        now_s = clock.epoch(clock.now())
        return {
            "iss": self.url,
            "sub": grant.person["subject"],
            "aud": self.app_id,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": grant.asked["nonce"],
            "name": grant.person["name"],
            "email": grant.person["email"],
            "email_verified": grant.person.get("is_verified", True),
        }


class WeChatCompany(LoginCompany):
    """Answers errors with status 200 and `errcode`; names a person by openid and unionid."""

    def check(self, path: str, asked: dict[str, str]) -> None:
        assert path == "/connect/qrconnect"
        assert (asked["appid"], asked["scope"]) == (self.app_id, "snsapi_login")
        assert list(asked) == ["appid", "redirect_uri", "response_type", "scope", "state"]

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        del headers, body
        parts = urlsplit(path)
        sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert method == "GET"
        if parts.path == "/sns/oauth2/access_token":
            if (sent.get("appid"), sent.get("secret")) != (self.app_id, self.secret):
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            grant = self.use(sent.get("code", ""))
            if grant is None or sent.get("grant_type") != "authorization_code":
                return 200, {"errcode": 40029, "errmsg": "invalid code"}
            given = {"access_token": self.token(grant), "expires_in": 7200, "scope": "snsapi_login"}
            return 200, {**given, "openid": "o-1", "unionid": grant.person["subject"]}
        assert parts.path == "/sns/userinfo"
        found = self.tokens.get(sent.get("access_token", ""))
        if found is None or sent.get("openid") != "o-1":
            return 200, {"errcode": 40003, "errmsg": "invalid openid"}
        who = found.person
        return 200, {"openid": "o-1", "nickname": who["name"], "unionid": who["subject"]}


class QqCompany(LoginCompany):
    """A token names nobody; `/me` says who, and for which application."""

    client_told = ""

    def check(self, path: str, asked: dict[str, str]) -> None:
        assert path == "/oauth2.0/authorize"
        assert (asked["client_id"], asked["response_type"]) == (self.app_id, "code")

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        del headers, body
        parts = urlsplit(path)
        sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert method == "GET"
        if parts.path == "/oauth2.0/token":
            assert sent["fmt"] == "json"
            grant = self.use(sent.get("code", ""))
            is_client = (sent.get("client_id"), sent.get("client_secret")) == (
                self.app_id,
                self.secret,
            )
            if not is_client:
                return 200, {"error": 100008, "error_description": "client is illegal"}
            if grant is None or sent.get("redirect_uri") != grant.asked["redirect_uri"]:
                return 200, {"error": 100019, "error_description": "code to access token error"}
            return 200, {"access_token": self.token(grant), "expires_in": "7776000"}
        found = self.tokens.get(sent.get("access_token", ""))
        if found is None:
            return 200, {"error": 100016, "error_description": "access token check failed"}
        if parts.path == "/oauth2.0/me":
            client = self.client_told or self.app_id
            return 200, {"client_id": client, "openid": found.person["subject"]}
        assert parts.path == "/user/get_user_info"
        is_same = sent.get("openid") == found.person["subject"]
        if sent.get("oauth_consumer_key") != self.app_id or not is_same:
            return 200, {"ret": -1, "msg": "client request's parameters are invalid"}
        return 200, {"ret": 0, "msg": "", "nickname": found.person["name"]}


class AlipayCompany(LoginCompany):
    """One gateway: verifies our signature and clock, signs its own answers."""

    def __init__(self) -> None:
        super().__init__()
        self.ours = rsa.generate_private_key(65_537, 2_048)
        self.theirs = rsa.generate_private_key(65_537, 2_048)
        self.signs_with = self.theirs

    @property
    def private_key(self) -> str:
        """The application's key, as a merchant pastes it into its settings."""
        form = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return base64.b64encode(self.ours.private_bytes(*form)).decode()

    @property
    def public_key(self) -> str:
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(self.theirs.public_key().public_bytes(*form)).decode()

    def check(self, path: str, asked: dict[str, str]) -> None:
        assert path == "/oauth2/publicAppAuthorize.htm"
        assert (asked["app_id"], asked["scope"]) == (self.app_id, "auth_user")

    def back(self, code: str, state: str) -> dict[str, str]:
        return {"auth_code": code, "state": state, "app_id": self.app_id, "scope": "auth_user"}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        assert (method, path) == ("POST", "/gateway.do")
        assert headers["content-type"] == "application/x-www-form-urlencoded;charset=utf-8"
        sent = dict(parse_qsl(body.decode()))
        problem = self._problem(sent)
        if problem:
            return self._signed("error_response", {"code": "40002", "sub_code": problem})
        node = sent["method"].replace(".", "_") + "_response"
        if sent["method"] == "alipay.system.oauth.token":
            grant = self.use(sent.get("code", ""))
            if grant is None:
                return self._signed(
                    "error_response", {"code": "40002", "sub_code": "isv.code-invalid"}
                )
            given = {"access_token": self.token(grant), "user_id": grant.person["subject"]}
            return self._signed(node, given)
        found = self.tokens.get(sent.get("auth_token", ""))
        if found is None:
            return self._signed(node, {"code": "20001", "msg": "Insufficient Token Permissions"})
        who = {"user_id": found.person["subject"], "nick_name": found.person["name"]}
        return self._signed(node, {"code": "10000", "msg": "Success", **who})

    def _problem(self, sent: dict[str, str]) -> str:
        signature = base64.b64decode(sent.pop("sign", ""))
        text = "&".join(f"{name}={value}" for name, value in sorted(sent.items()))
        try:
            self.ours.public_key().verify(signature, text.encode(), padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return "isv.invalid-signature"
        beijing = timezone(timedelta(hours=8))
        told = datetime.strptime(sent["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=beijing)
        if abs((told - clock.now()).total_seconds()) > 900:
            return "isv.invalid-timestamp"
        expected = {
            "app_id": self.app_id,
            "sign_type": "RSA2",
            "charset": "utf-8",
            "version": "1.0",
        }
        return "" if expected.items() <= sent.items() else "isv.invalid-parameter"

    def _signed(self, node: str, value: dict[str, Any]) -> Answer:
        """What is signed is the value as it goes over the wire."""
        text = json.dumps(value)
        signature = self.signs_with.sign(text.encode(), padding.PKCS1v15(), SHA256())
        return 200, {node: value, "sign": base64.b64encode(signature).decode()}


def without(query: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in query.items() if name not in names}


def address(url: str, query: dict[str, str]) -> str:
    return f"{url}?{urlencode(query)}"
