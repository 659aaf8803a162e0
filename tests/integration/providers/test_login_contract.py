"""The one contract that every company which signs people in passes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from msgspec.structs import replace

from chalicelib.providers.http import ProviderUnavailable
from chalicelib.providers.login import (
    Attempt,
    Company,
    LoginDeclined,
    LoginProvider,
    LoginRefused,
    adapter,
    oidc,
)
from tests.makers.companies.logins import (
    RETURN_URL,
    AlipayCompany,
    LoginCompany,
    OpenIdCompany,
    QqCompany,
    Signer,
    WeChatCompany,
    without,
)

ATTEMPT = Attempt("state_1", "nonce_of_sixteen_letters", "v" * 64, RETURN_URL, "zh-CN")


@cache
def signer(algorithm: str) -> Signer:
    return Signer("key_1", algorithm)


@cache
def alipay() -> AlipayCompany:
    """Its keys take long to make."""
    return AlipayCompany()


@dataclass
class House:
    """An adapter with its company, and what comes back when the person says no."""

    kind: str
    company: LoginCompany
    declined: dict[str, str]

    @property
    def adapter(self) -> LoginProvider:
        keys = {}
        if isinstance(self.company, AlipayCompany):
            keys = {
                "private_key": self.company.private_key,
                "alipay_public_key": self.company.public_key,
            }
        one = Company(
            kind=self.kind,
            issuer=self.company.url,
            client_id=self.company.app_id,
            client_secret=self.company.secret,
            app_id=self.company.app_id,
            secret=self.company.secret,
            url=self.company.url,
            **keys,
        )
        return adapter(one)

    def agreed(self, **person: str) -> dict[str, str]:
        return self.company.agree(self.adapter.begin(ATTEMPT), **person)


def house_of(name: str) -> House:
    kind, _, detail = name.partition(" ")
    if kind == "oidc":
        company = OpenIdCompany(signer(detail))
        return House("oidc", company, {"error": "access_denied", "state": "state_1"})
    if kind == "alipay":
        return House("alipay", alipay(), {"state": "state_1"})
    company = {"wechat": WeChatCompany, "qq": QqCompany}[kind]()
    declined = {"usercancel": "1"} if kind == "qq" else {"state": "state_1"}
    return House(kind, company, declined)


@pytest.fixture(params=["oidc RS256", "oidc ES256", "wechat", "qq", "alipay"])
def house(request, clock) -> Iterator[House]:
    oidc.forget()
    made = house_of(request.param)
    with made.company.serving():
        yield made


@pytest.fixture
def openid(clock) -> Iterator[House]:
    oidc.forget()
    made = house_of("oidc RS256")
    with made.company.serving():
        yield made


def test_whoever_agrees_is_known_by_an_id_that_stays(house: House) -> None:
    first = house.adapter.finish(ATTEMPT, house.agreed())
    again = house.adapter.finish(ATTEMPT, house.agreed(name="小明\u202e\n"))
    assert (first.subject, first.name) == ("248289761001", "Ada Example")
    assert (again.subject, again.name) == (first.subject, "小明")


def test_a_code_is_good_once(house: House) -> None:
    back = house.agreed()
    house.adapter.finish(ATTEMPT, back)
    with pytest.raises(LoginRefused):
        house.adapter.finish(ATTEMPT, back)


def test_a_made_up_code_is_refused(house: House) -> None:
    back = house.agreed()
    name = "auth_code" if "auth_code" in back else "code"
    for code in ("made_up", "x" * 3_000):
        with pytest.raises(LoginRefused):
            house.adapter.finish(ATTEMPT, {**back, name: code})


def test_whoever_says_no_is_told_so(house: House) -> None:
    with pytest.raises(LoginDeclined):
        house.adapter.finish(ATTEMPT, house.declined)


def test_an_application_with_the_wrong_secret_gets_nowhere(house: House, monkeypatch) -> None:
    back = house.agreed()
    wrong = house.adapter
    if isinstance(house.company, AlipayCompany):
        monkeypatch.setattr(house.company, "ours", house.company.theirs)
    else:
        monkeypatch.setattr(house.company, "secret", "changed since")
    with pytest.raises((LoginRefused, ProviderUnavailable)):
        wrong.finish(ATTEMPT, back)


def test_a_company_that_is_away_is_asked_again_later(house: House) -> None:
    back = house.agreed()
    house.company.broken = [503]
    with pytest.raises(ProviderUnavailable):
        house.adapter.finish(ATTEMPT, back)
    assert house.adapter.finish(ATTEMPT, back).subject == "248289761001"


def test_no_secret_is_in_the_address_that_a_browser_sees(house: House) -> None:
    url = house.adapter.begin(ATTEMPT)
    assert house.company.secret not in url
    assert ATTEMPT.verifier not in url


def test_an_answer_that_is_not_alipays_is_refused(clock) -> None:
    made = house_of("alipay")
    assert isinstance(made.company, AlipayCompany)
    with made.company.serving():
        back = made.agreed()
        made.company.signs_with = made.company.ours
        try:
            with pytest.raises(LoginRefused):
                made.adapter.finish(ATTEMPT, back)
        finally:
            made.company.signs_with = made.company.theirs


def test_a_token_of_another_qq_application_is_refused(clock) -> None:
    made = house_of("qq")
    assert isinstance(made.company, QqCompany)
    with made.company.serving():
        back = made.agreed()
        made.company.client_told = "app_2"
        with pytest.raises(LoginRefused):
            made.adapter.finish(ATTEMPT, back)


@pytest.mark.parametrize(
    "forge",
    [
        lambda said, by: by.signed({**said, "aud": "app_2"}),
        lambda said, by: by.signed({**said, "aud": ["app_1", "app_2"]}),
        lambda said, by: by.signed({**said, "azp": "app_2"}),
        lambda said, by: by.signed({**said, "iss": "https://evil.example"}),
        lambda said, by: by.signed({**said, "exp": said["iat"] - 61}),
        lambda said, by: by.signed({**said, "iat": said["iat"] + 61}),
        lambda said, by: by.signed({**said, "nonce": "another"}),
        lambda said, by: by.signed(without(said, "nonce")),
        lambda said, by: by.signed(without(said, "exp")),
        lambda said, by: by.signed({**said, "sub": ""}),
        lambda said, by: by.signed({**said, "sub": 7}),
        lambda said, by: by.signed(said, alg="none"),
        lambda said, by: by.signed(said, alg="HS256"),
        lambda said, by: by.signed(said, alg="ES256"),
        lambda said, by: by.signed(said, kid="key_2"),
        lambda said, by: by.signed(said, crit=["b64"]),
        lambda said, by: by.signed(said).rpartition(".")[0] + ".",
        lambda said, by: by.signed(said)[:-8] + "AAAAAAAA",
        lambda said, by: "x.y.z",
        lambda said, by: "x",
    ],
)
def test_a_forged_token_signs_nobody_in(openid: House, forge) -> None:
    assert isinstance(openid.company, OpenIdCompany)
    openid.company.forge = forge
    with pytest.raises(LoginRefused):
        openid.adapter.finish(ATTEMPT, openid.agreed())


def test_a_token_for_several_counts_where_we_asked_for_it(openid: House) -> None:
    assert isinstance(openid.company, OpenIdCompany)
    openid.company.forge = lambda said, by: by.signed(
        {**said, "aud": ["app_1", "app_2"], "azp": "app_1"}
    )
    assert openid.adapter.finish(ATTEMPT, openid.agreed()).name == "Ada Example"


def test_another_browsers_verifier_is_refused(openid: House) -> None:
    with pytest.raises(LoginRefused):
        openid.adapter.finish(replace(ATTEMPT, verifier="w" * 64), openid.agreed())


def test_another_issuer_in_the_answer_is_refused(openid: House) -> None:
    with pytest.raises(LoginRefused):
        openid.adapter.finish(ATTEMPT, {**openid.agreed(), "iss": "https://evil.example"})


def test_a_company_that_calls_itself_otherwise_is_refused(openid: House) -> None:
    assert isinstance(openid.company, OpenIdCompany)
    openid.company.issuer_told = "https://evil.example"
    with pytest.raises(LoginRefused):
        openid.adapter.begin(ATTEMPT)


def test_new_keys_are_fetched_once_a_minute(openid: House, clock) -> None:
    assert isinstance(openid.company, OpenIdCompany)
    openid.adapter.finish(ATTEMPT, openid.agreed())
    openid.company.signer = Signer("key_2", "ES256")
    assert openid.adapter.finish(ATTEMPT, openid.agreed()).subject == "248289761001"
    openid.company.signer = Signer("key_3", "ES256")
    with pytest.raises(LoginRefused):
        openid.adapter.finish(ATTEMPT, openid.agreed())
    clock.forward(61)
    assert openid.adapter.finish(ATTEMPT, openid.agreed()).subject == "248289761001"


def test_secrets_may_be_sent_in_the_form_where_a_company_wants_so(openid: House) -> None:
    assert isinstance(openid.company, OpenIdCompany)
    openid.company.auth_methods = ["client_secret_post"]
    assert openid.adapter.finish(ATTEMPT, openid.agreed()).name == "Ada Example"


def test_an_address_counts_only_where_the_company_verified_it(openid: House) -> None:
    known = openid.adapter.finish(ATTEMPT, openid.agreed())
    assert (known.email, known.is_email_verified) == ("ada@home.example", True)
    told = openid.adapter.finish(ATTEMPT, openid.agreed(is_verified="true"))
    assert not told.is_email_verified
