"""Passwords changed, sessions listed and ended, second factors by an authenticator."""

import json
import re

import pyotp
import pytest

from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.model import (
    RECOVERY_CODES,
    ChallengeOver,
    CodeWrong,
    FactorConflict,
    LoginUsed,
    Purpose,
    SecondFactorNeeded,
    SignInFailed,
    SignInThrottled,
)
from chalicelib.kernel.actors import Actor, ActorKind
from chalicelib.kernel.errors import NotFound, NotSignedIn
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.people import PASSWORD, a_member
from tests.makers.racing import at_once

EMAIL = "ada@shop.example"
NEW = "another password"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.mark.usefixtures("stage")
class TestSessions:
    def test_are_listed_with_their_devices_and_one_is_ended(self) -> None:
        actor, token = a_member()
        _, phone = service.sign_in_page(EMAIL, PASSWORD, address="", device="Safari, iPhone")
        mine, other = sorted(
            service.sessions_of(actor.id, token), key=lambda one: not one.is_current
        )
        assert (mine.is_current, other.is_current) == (True, False)
        assert other.device == "Safari, iPhone"
        service.end_session(actor.id, other.id)
        assert service.session(phone) is None
        assert service.member(token) == actor
        with pytest.raises(NotFound):
            service.end_session(actor.id, other.id)

    def test_nobody_ends_anothers(self) -> None:
        _, token = a_member()
        other, _ = a_member("eve@shop.example")
        mine = rows.of_kind("identity", "SESSION_ENTRY")[0]["sk"]["S"].removeprefix("SESSION#")
        with pytest.raises(NotFound):
            service.end_session(other.id, mine)
        assert service.member(token)

    def test_all_others_end_however_many(self) -> None:
        actor, token = a_member()
        others = [service.sign_in_page(EMAIL, PASSWORD, address="")[1] for _ in range(45)]
        service.end_other_sessions(actor.id, token)
        assert [service.session(one) for one in others] == [None] * 45
        assert len(service.sessions_of(actor.id, token)) == 1

    def test_signing_out_takes_both_rows(self) -> None:
        _, token = a_member()
        service.sign_out(token)
        assert (
            rows.of_kind("identity", "SESSION") == rows.of_kind("identity", "SESSION_ENTRY") == []
        )

    def test_one_that_is_renewed_is_so_in_the_list(self, stage: Clock) -> None:
        actor, token = a_member()
        stage.forward(86_400)
        service.member(token)
        (entry,) = service.sessions_of(actor.id, token)
        assert entry.seen_at > entry.created_at
        (session,) = rows.of_kind("identity", "SESSION")
        (listed,) = rows.of_kind("identity", "SESSION_ENTRY")
        assert session["expires_at"] == listed["expires_at"]


@pytest.mark.usefixtures("stage")
class TestPassword:
    def test_asks_for_the_old_one_and_ends_other_sessions(self) -> None:
        actor, token = a_member()
        other = service.sign_in_page(EMAIL, PASSWORD, address="")[1]
        with pytest.raises(SignInFailed):
            service.change_password(actor.id, "wrong", NEW, token=token, address="")
        service.change_password(actor.id, PASSWORD, NEW, token=token, address="")
        assert service.session(other) is None
        assert service.member(token) == actor
        assert service.sign_in(EMAIL, NEW, address="")

    def test_guessing_the_old_one_is_throttled(self) -> None:
        actor, token = a_member()
        for _ in range(5):
            with pytest.raises(SignInFailed):
                service.change_password(actor.id, "wrong", NEW, token=token, address="")
        with pytest.raises(SignInThrottled):
            service.change_password(actor.id, PASSWORD, NEW, token=token, address="")


def enrolled() -> tuple[str, pyotp.TOTP, list[str]]:
    """A member with a second factor: id, authenticator and recovery codes."""
    actor, _ = a_member()
    secret, uri = service.begin_second_factor(actor.id, PASSWORD, address="")
    assert uri.startswith("otpauth://totp/Souk:ada%40shop.example?secret=" + secret)
    authenticator = pyotp.TOTP(secret)
    return actor.id, authenticator, service.confirm_second_factor(actor.id, now(authenticator))


def now(authenticator: pyotp.TOTP) -> str:
    from chalicelib.kernel import clock

    return authenticator.at(clock.epoch(clock.now()))


def challenge(password: str = PASSWORD) -> str:
    with pytest.raises(SecondFactorNeeded) as needed:
        service.sign_in(EMAIL, password, address="")
    given = needed.value.extra["challenge"]
    assert isinstance(given, str)
    return given


def finish(code: str, said: str | None = None) -> str:
    return service.finish_sign_in(said or challenge(), code, address="")[1]


@pytest.mark.usefixtures("stage")
class TestSecondFactor:
    def test_a_sign_in_needs_both(self, stage: Clock) -> None:
        account_id, authenticator, _ = enrolled()
        stage.forward(30)
        token = finish(now(authenticator))
        assert service.member(token).id == account_id
        assert service.security_of(account_id).has_second_factor

    def test_another_company_is_one_factor_only(self, stage: Clock) -> None:
        account_id, authenticator, _ = enrolled()
        member = Actor(ActorKind.MEMBER, account_id)
        service.link(member, "qq", "u1", name="Ada", attempt="a1")
        before = len(rows.of_kind("identity", "SESSION"))
        with pytest.raises(SecondFactorNeeded) as needed:
            service.sign_in_linked("qq", "u1", name="Ada", locale="en", attempt="a2")
        assert len(rows.of_kind("identity", "SESSION")) == before
        with pytest.raises(LoginUsed):
            service.sign_in_linked("qq", "u1", name="Ada", locale="en", attempt="a2")
        stage.forward(30)
        said = str(needed.value.extra["challenge"])
        found = service.session(finish(now(authenticator), said))
        assert found is not None
        assert found.account_id == account_id

    def test_a_sent_code_is_one_factor_only(self) -> None:
        enrolled()
        service.request_code(EMAIL, Purpose.SIGN_IN)
        code = service.code_of(json.loads(rows.facts("identity.CodeRequested")[-1])["request_id"])
        before = len(rows.of_kind("identity", "SESSION"))
        for refused in (SecondFactorNeeded, CodeWrong):
            with pytest.raises(refused):
                service.sign_in_with_code(EMAIL, code, "mbr", address="")
        assert len(rows.of_kind("identity", "SESSION")) == before

    def test_a_code_is_good_once_even_at_once(self, stage: Clock) -> None:
        _, authenticator, _ = enrolled()
        stage.forward(30)
        code, said = now(authenticator), challenge()

        def attempt(_number: int) -> bool:
            try:
                return bool(finish(code, said))
            except CodeWrong:
                return False

        assert at_once(4, attempt).count(True) == 1

    def test_the_code_that_enrolled_is_used_up(self) -> None:
        _, authenticator, _ = enrolled()
        with pytest.raises(CodeWrong):
            finish(now(authenticator))

    def test_clocks_may_differ_by_a_step(self, stage: Clock) -> None:
        _, authenticator, _ = enrolled()
        stage.forward(120)
        early = now(authenticator)
        stage.forward(30)
        assert finish(early)
        stage.forward(90)
        late = now(authenticator)
        stage.forward(60)
        with pytest.raises(CodeWrong):
            finish(late)

    def test_each_recovery_code_is_good_once(self) -> None:
        account_id, _, recovery = enrolled()
        assert len(set(recovery)) == RECOVERY_CODES
        assert all(re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", one) for one in recovery)
        assert finish(recovery[0].lower())
        with pytest.raises(CodeWrong):
            finish(recovery[0])
        assert service.security_of(account_id).recovery_codes_left == RECOVERY_CODES - 1

    def test_guessing_is_throttled_beside_the_password(self, stage: Clock) -> None:
        _, authenticator, _ = enrolled()
        stage.forward(30)
        said = challenge()
        for _ in range(5):
            with pytest.raises(CodeWrong):
                finish("000000", said)
        with pytest.raises(SignInThrottled):
            finish(now(authenticator), said)

    def test_a_challenge_cannot_be_made_up_and_ends(self, stage: Clock) -> None:
        _, authenticator, _ = enrolled()
        said = challenge()
        stage.forward(60)
        with pytest.raises(ChallengeOver):
            finish(now(authenticator), said.replace(".mbr.", ".ses."))
        with pytest.raises(ChallengeOver):
            finish(now(authenticator), "chl_nonsense")
        stage.forward(600)
        with pytest.raises(ChallengeOver):
            finish(now(authenticator), said)

    def test_without_it_again_by_the_password(self) -> None:
        account_id, _, _ = enrolled()
        with pytest.raises(FactorConflict):
            service.begin_second_factor(account_id, PASSWORD, address="")
        service.drop_second_factor(account_id, PASSWORD, address="")
        assert service.sign_in(EMAIL, PASSWORD, address="")
        assert rows.of_kind("identity", "RECOVERY") == rows.of_kind("identity", "TOTP") == []

    def test_the_secret_lies_sealed(self) -> None:
        account_id, _ = a_member()[0].id, ""
        secret, _ = service.begin_second_factor(account_id, PASSWORD, address="")
        assert secret not in repr(rows.of_kind("identity", "TOTP"))
        assert service.pending_second_factor(account_id)[0] == secret
        with pytest.raises(CodeWrong):
            service.confirm_second_factor(account_id, "000000")
        with pytest.raises(NotSignedIn):
            service.member("mbr_nobody")


def test_devices_by_their_user_agents() -> None:
    from chalicelib.contexts.identity.model import device_of

    assert device_of(CHROME) == "Chrome, Windows"
    assert device_of("curl/8") == ""
    assert device_of("Mozilla/5.0 (iPhone) MicroMessenger/8") == "WeChat, iPhone"
