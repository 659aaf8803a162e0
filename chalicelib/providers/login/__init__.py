"""The port to companies that know who somebody is, in Souk's words. Every adapter passes one contract.

A company exists where the setting `SOUK_LOGINS` names it: a JSON object, name -> what its kind needs.
`oidc`: `issuer`, `client_id`, `client_secret`. `wechat` and `qq`: `app_id`, `secret`. `alipay`: `app_id`,
`private_key` (PKCS#8, base64) and `alipay_public_key` (SubjectPublicKeyInfo, base64).
"""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct, convert, field

from chalicelib.aws.settings import settings
from chalicelib.kernel.errors import NotFound, Refusal

SUBJECT_LENGTH_MAX = 255
"""OpenID Connect Core 1.0, section 2; the others' ids are shorter."""
NAME_LENGTH_MAX = 100


class UnknownLogin(NotFound):
    """No company of this name signs people in here."""

    code, title = "login.unknown_provider", "This company signs nobody in here"


class LoginRefused(Refusal):
    """The company, or what it said, does not confirm who this is."""

    code, status = "login.refused", 401
    title = "The company did not confirm who you are; try again"


class LoginDeclined(LoginRefused):
    """The person said no at the company's page."""

    code, title = "login.declined", "You did not agree at the company's page"


class Attempt(Struct, frozen=True):
    """One way to a company and back. The secrets belong to one browser and one attempt.

    `verifier` has 43 to 128 letters (RFC 7636); `return_url` is the one registered at the company.
    """

    state: str
    nonce: str
    verifier: str
    return_url: str
    locale: str = "en"


class Person(Struct, frozen=True):
    """Who a company says it is. `subject` never changes and is nobody else's at this company.

    An `email` counts only where the company says that it has verified it.
    """

    subject: str
    name: str = ""
    email: str = ""
    is_email_verified: bool = False


class LoginProvider(Protocol):
    """A company. Calls refuse `providers.unavailable` when trying again is the answer."""

    def begin(self, attempt: Attempt) -> str:
        """Give the address at which the person is asked."""
        ...

    def finish(self, attempt: Attempt, query: Mapping[str, str]) -> Person:
        """Read what the person came back with. Whoever calls has compared the state.

        A code is good once. Refuses `login.refused`, `login.declined`.
        """
        ...


class Company(Struct, frozen=True):
    """One configured company; `label` is what its button says, `url` another address for tests."""

    kind: str
    label: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    app_id: str = ""
    secret: str = ""
    private_key: str = ""
    alipay_public_key: str = ""
    url: str = field(default="")


def companies() -> dict[str, Company]:
    """Every company that signs people in at this stage, by name."""
    found: dict[str, Company] = convert(settings().logins, dict[str, Company])
    return found


def provider(name: str) -> LoginProvider:
    """Return a company's adapter. Refuses `login.unknown_provider`."""
    company = companies().get(name)
    if company is None:
        raise UnknownLogin
    return adapter(company)


def adapter(company: Company) -> LoginProvider:
    """Make the adapter of a company's kind."""
    if company.kind == "oidc":
        from chalicelib.providers.login.oidc import OpenIdConnect

        return OpenIdConnect(company.issuer, company.client_id, company.client_secret)
    if company.kind == "wechat":
        from chalicelib.providers.login import wechat

        return wechat.WeChat(company.app_id, company.secret, company.url)
    if company.kind == "qq":
        from chalicelib.providers.login import qq

        return qq.Qq(company.app_id, company.secret, company.url)
    from chalicelib.providers.login import alipay

    assert company.kind == "alipay", "the settings know the kinds"
    keys = (company.private_key, company.alipay_public_key)
    return alipay.Alipay(company.app_id, *keys, company.url)


def plain(subject: Any, name: Any = "", email: Any = "", *, is_verified: bool = False) -> Person:
    """Make a person of what a company said; refuses one without a usable id."""
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
        raise LoginRefused
    shown = name if isinstance(name, str) else ""
    written = " ".join("".join(one if one.isprintable() else " " for one in shown).split())
    mail = email if isinstance(email, str) and len(email) <= 254 else ""
    return Person(subject, written[:NAME_LENGTH_MAX], mail, bool(mail) and is_verified)


def code_in(query: Mapping[str, str], name: str = "code") -> str:
    """Return the code that a person came back with; refuses what is none."""
    if query.get("error") == "access_denied":
        raise LoginDeclined
    code = query.get(name, "")
    if query.get("error") or not 0 < len(code) <= 2_048:
        raise LoginRefused
    return code
