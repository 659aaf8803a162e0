"""One-time codes: asked for, sent, spent once; nothing tells whether anybody has a login."""

import json

import msgspec
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.facts import CodeRequested
from chalicelib.contexts.identity.model import (
    CODE_TRIES_MAX,
    CODES_AN_HOUR,
    CodeWrong,
    Purpose,
    SignInFailed,
    SignInThrottled,
    TooManyCodes,
)
from chalicelib.contexts.notifications.workers import notifications_on_fact
from chalicelib.kernel.errors import Malformed, NotSignedIn
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.events import sqs_event
from tests.makers.people import PASSWORD, a_member
from tests.makers.racing import at_once
from tests.makers.round_trips import counted
from tests.makers.stage import REGION

EMAIL = "ada@shop.example"
PHONE = "+442079460958"
NOBODY = "nobody@shop.example"
NEW = "another password"


def asked(login: str = EMAIL, purpose: Purpose = Purpose.SIGN_IN, locale: str = "en") -> str:
    """Ask for a code, let it be sent, and return it."""
    service.request_code(login, purpose, locale=locale)
    body = json.loads(rows.facts(CodeRequested.name)[-1])
    fact = msgspec.convert({key: body[key] for key in body if key != "version"}, CodeRequested)
    assert notifications_on_fact(sqs_event(fact), None) == {"batchItemFailures": []}
    return service.code_of(fact.request_id)


def sign_in(code: str, login: str = EMAIL) -> str:
    return service.sign_in_with_code(login, code, "mbr", address="203.0.113.1")[1]


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.mark.usefixtures("stage")
class TestSigningIn:
    def test_a_code_signs_in_once_and_proves_the_address(self) -> None:
        actor, _ = a_member()
        code = asked()
        assert service.member(sign_in(f" {code[:3]} {code[3:]} ")) == actor
        assert service.account(actor.id).is_verified
        with pytest.raises(CodeWrong):
            sign_in(code)

    def test_the_mail_says_the_code_in_the_language_asked_for(self) -> None:
        a_member()
        code = asked(locale="zh-CN")
        (mail,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        assert mail.destinations["ToAddresses"] == [EMAIL]
        assert code in mail.subject
        assert any("\u4e00" <= letter <= "\u9fff" for letter in mail.subject)

    def test_a_phone_is_sent_a_short_message(self) -> None:
        service.register(phone=PHONE, password=PASSWORD)
        code = asked(PHONE)
        ((phone, text, *_),) = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values()
        assert phone == PHONE
        assert code in text
        assert sign_in(code, PHONE)

    def test_a_newer_code_takes_the_place_of_the_older(self) -> None:
        a_member()
        old, new = asked(), asked()
        with pytest.raises(CodeWrong):
            sign_in(old)
        assert sign_in(new)

    def test_it_is_good_for_ten_minutes(self, stage: Clock) -> None:
        a_member()
        code = asked()
        stage.forward(601)
        with pytest.raises(CodeWrong):
            sign_in(code)

    def test_guessing_ends_it(self) -> None:
        a_member()
        code = asked()
        for number in range(CODE_TRIES_MAX):
            with pytest.raises(CodeWrong):
                service.sign_in_with_code(EMAIL, other(code), "mbr", address=f"203.0.113.{number}")
        with pytest.raises((CodeWrong, SignInThrottled)):
            sign_in(code)

    def test_of_two_at_once_one_gets_in(self) -> None:
        a_member()
        code = asked()

        def attempt(_number: int) -> str:
            try:
                return sign_in(code)
            except (CodeWrong, SignInThrottled):
                return ""

        assert sum(map(bool, at_once(4, attempt))) == 1

    def test_a_code_for_one_thing_is_no_good_for_another(self) -> None:
        a_member()
        code = asked(purpose=Purpose.VERIFY)
        with pytest.raises(CodeWrong):
            sign_in(code)


@pytest.mark.usefixtures("stage")
class TestRevealing:
    def test_asking_for_nobodys_login_looks_the_same(self) -> None:
        a_member()
        with counted() as mine:
            service.request_code(EMAIL, Purpose.SIGN_IN)
        with counted() as nobodys:
            service.request_code(NOBODY, Purpose.SIGN_IN)
        assert mine == nobodys

    def test_nobody_is_sent_nothing(self) -> None:
        asked(NOBODY)
        assert ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages == []

    def test_a_code_for_nobodys_login_is_wrong_in_as_many_steps(self) -> None:
        a_member()
        codes = {login: asked(login) for login in (EMAIL, NOBODY)}
        calls = []
        for login, code in codes.items():
            with counted() as made, pytest.raises(CodeWrong):
                sign_in(other(code) if login == EMAIL else code, login)
            calls.append(made)
        assert calls[0] == calls[1]

    def test_a_login_gets_a_few_an_hour_whoever_has_it(self, stage: Clock) -> None:
        for login in (EMAIL, NOBODY):
            for _ in range(CODES_AN_HOUR):
                service.request_code(login, Purpose.SIGN_IN)
            with pytest.raises(TooManyCodes) as refused:
                service.request_code(login, Purpose.SIGN_IN)
            assert refused.value.retry_after_s == 3_600
        stage.forward(3_600)
        service.request_code(EMAIL, Purpose.SIGN_IN)

    def test_no_row_holds_a_code_or_a_login(self) -> None:
        a_member()
        code = asked()
        kept = repr(rows.of_kind("identity", "CODE")) + repr(rows.of_kind("outbox", "FACT"))
        assert code not in kept
        assert EMAIL not in kept


@pytest.mark.usefixtures("stage")
class TestResetting:
    def test_a_new_password_ends_every_session(self) -> None:
        _, token = a_member()
        cookie = service.sign_in_page(EMAIL, PASSWORD, address="")[1]
        service.reset_password(EMAIL, asked(purpose=Purpose.RESET), NEW, address="")
        with pytest.raises(NotSignedIn):
            service.member(token)
        assert service.session(cookie) is None
        assert service.sign_in(EMAIL, NEW, address="")
        with pytest.raises(SignInFailed):
            service.sign_in(EMAIL, PASSWORD, address="")

    def test_a_password_that_cannot_be_leaves_the_code_good(self) -> None:
        a_member()
        code = asked(purpose=Purpose.RESET)
        with pytest.raises(Malformed):
            service.reset_password(EMAIL, code, "short", address="")
        service.reset_password(EMAIL, code, NEW, address="")

    def test_verifying(self) -> None:
        actor, _ = a_member()
        assert not service.account(actor.id).is_verified
        service.verify_login(actor.id, asked(purpose=Purpose.VERIFY), address="")
        assert service.account(actor.id).is_verified
