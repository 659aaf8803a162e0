"""Accounts, sign-ins, sessions and keys on a stage."""

from typing import Any

import pytest

from chalicelib.contexts.identity import ANONYMOUS, SYSTEM, Actor, ActorKind, Role, service
from chalicelib.contexts.identity.model import (
    API_KEYS_MAX,
    CannotRegister,
    SignInFailed,
    SignInThrottled,
    TooManyKeys,
)
from chalicelib.contexts.identity.service import passwords
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from tests.makers.cheap_passwords import at_full_cost
from tests.makers.people import PASSWORD, a_member, a_merchant
from tests.makers.racing import at_once
from tests.makers.rows import everything, of_kind

DAY = 86_400
EMAIL = "ada@shop.example"
OWNER = Actor(ActorKind.STAFF, "acc_1", "mer_1", Role.OWNER)


def sign_in(password: str = PASSWORD, login: str = EMAIL, address: str = "203.0.113.1") -> str:
    return service.sign_in(login, password, address=address)[1]


def fail(times: int, **changes: str) -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            sign_in("wrong password", **changes)


@pytest.mark.usefixtures("stage")
class TestRegister:
    def test_makes_a_member_who_is_signed_in(self) -> None:
        account, token = service.register(email="Ada@Shop.Example", password=PASSWORD, name=" Ada ")
        assert service.member(token) == Actor(ActorKind.MEMBER, account.id)
        assert service.account(account.id) == account
        assert (account.email, account.name, account.phone) == (EMAIL, "Ada", "")

    def test_takes_a_phone_instead(self) -> None:
        account, _ = service.register(phone="+44 20 7946 0958", password=PASSWORD)
        assert service.sign_in("+442079460958", PASSWORD, address="")[0].id == account.id

    def test_keeps_hashes_only(self) -> None:
        with at_full_cost():
            _, token = a_member()
            sign_in()
        kept = repr(everything()["identity"])
        assert PASSWORD not in kept
        assert token not in kept
        assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept

    def test_an_address_in_use_is_refused_and_nothing_is_written(self) -> None:
        a_member()
        before = everything()
        with pytest.raises(CannotRegister):
            service.register(email="ADA@shop.example", password="another password")
        assert everything() == before
        assert sign_in()

    def test_of_two_at_the_same_time_one_gets_the_address(self) -> None:
        outcomes = at_once(8, lambda _: service.register(email=EMAIL, password=PASSWORD))
        assert sum(isinstance(outcome, CannotRegister) for outcome in outcomes) == 7
        assert len(of_kind("identity", "ACCOUNT")) == len(of_kind("identity", "SESSION")) == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"email": "no address"},
            {"email": EMAIL, "phone": "+442079460958"},
            {},
            {"email": EMAIL, "password": "short"},
            {"email": EMAIL, "name": "x" * 101},
        ],
    )
    def test_bad_fields_write_nothing(self, wrong: dict[str, str]) -> None:
        before = everything()
        with pytest.raises(Refusal) as refused:
            service.register(**{"password": PASSWORD, **wrong})
        assert refused.value.status == 400
        assert everything() == before


@pytest.mark.usefixtures("stage")
class TestSignIn:
    def test_a_wrong_password_and_an_unknown_login_look_the_same(self, monkeypatch: Any) -> None:
        a_member()
        verified: list[str | None] = []
        fits = passwords.fits
        monkeypatch.setattr(passwords, "fits", lambda h, p: verified.append(h) or fits(h, p))
        told = []
        for login in (EMAIL, "nobody@shop.example"):
            with pytest.raises(SignInFailed) as refused:
                sign_in("wrong password", login=login)
            told.append((refused.value.code, refused.value.status, refused.value.detail))
        assert told[0] == told[1] == ("identity.sign_in_failed", 401, told[0][2])
        assert verified[0] is not None
        assert verified[1] is None, "an unknown login is verified too, against nobody's hash"

    def test_nobodys_hash_costs_what_a_members_does(self) -> None:
        with at_full_cost():
            made = passwords.hashed("any")
            assert passwords.NOBODYS_HASH.split("$")[1:4] == made.split("$")[1:4]
            assert not passwords.fits(None, "any")

    def test_failures_are_free_at_first_then_make_the_right_password_wait(self, stage: Any) -> None:
        a_member()
        fail(5)
        before = everything()
        with pytest.raises(SignInThrottled) as refused:
            sign_in()
        assert refused.value.retry_after_s == 1
        assert everything() == before, "a sign-in that must wait is not counted"
        stage.forward(1)
        assert sign_in()

    def test_the_wait_doubles_with_every_failure(self, stage: Any) -> None:
        a_member()
        fail(5)
        waits = []
        for _ in range(11):
            with pytest.raises(SignInThrottled) as refused:
                sign_in()
            waits.append(refused.value.retry_after_s)
            stage.forward(refused.value.retry_after_s)
            fail(1)
        assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]

    def test_success_forgets_the_failures(self, stage: Any) -> None:
        a_member()
        fail(4)
        sign_in()
        fail(4)
        assert sign_in()
        assert not [r for r in of_kind("identity", "THROTTLE") if r["sk"]["S"] == "THROTTLE"]

    def test_success_is_never_counted(self) -> None:
        a_member()
        for _ in range(12):
            sign_in()
        assert of_kind("identity", "THROTTLE") == []

    def test_failures_are_forgotten_after_a_day(self, stage: Any) -> None:
        a_member()
        fail(4)
        stage.forward(DAY)
        fail(4)
        assert sign_in()

    def test_an_unknown_login_waits_like_a_known_one(self) -> None:
        fail(5, login="nobody@shop.example")
        with pytest.raises(SignInThrottled):
            sign_in(login="nobody@shop.example")

    def test_one_login_does_not_make_another_wait(self) -> None:
        a_member()
        fail(6 - 1, login="eve@shop.example")
        assert sign_in()

    def test_an_address_that_fails_too_often_waits_a_minute(
        self, stage: Any, monkeypatch: Any
    ) -> None:
        a_member()
        monkeypatch.setattr("chalicelib.contexts.identity.model.ADDRESS_FAILURES_MAX", 3)
        for number in range(3):
            fail(1, login=f"{number}@shop.example")
        with pytest.raises(SignInThrottled) as refused:
            sign_in()
        assert refused.value.retry_after_s == 60
        assert sign_in(address="203.0.113.2")
        stage.forward(60)
        assert sign_in()

    def test_guesses_at_the_same_moment_are_all_counted(self) -> None:
        a_member()
        fail(1)
        at_once(6, lambda _: sign_in("wrong password"))
        row = next(r for r in of_kind("identity", "THROTTLE") if r["sk"]["S"] == "THROTTLE")
        assert row["failures"]["N"] == "7"

    def test_a_right_guess_in_a_burst_meets_the_failures_written_meanwhile(
        self, monkeypatch: Any
    ) -> None:
        a_member()
        fail(4)
        verify = passwords.fits

        def slow(password_hash: str | None, password: str) -> bool:
            monkeypatch.setattr(passwords, "fits", verify)
            fail(1)
            return verify(password_hash, password)

        monkeypatch.setattr(passwords, "fits", slow)
        with pytest.raises(SignInThrottled):
            sign_in()
        assert len(of_kind("identity", "SESSION")) == 1, "only the one of the registration"


@pytest.mark.usefixtures("stage")
class TestSessions:
    def test_end_at_sign_out(self) -> None:
        _, token = a_member()
        service.sign_out(token)
        with pytest.raises(NotSignedIn):
            service.member(token)
        service.sign_out(token)

    def test_end_when_they_are_not_used(self, stage: Any) -> None:
        _, token = a_member()
        stage.forward(30 * DAY)
        with pytest.raises(NotSignedIn):
            service.member(token)

    def test_go_on_while_they_are_used_but_not_for_ever(self, stage: Any) -> None:
        _, token = a_member()
        for _ in range(8):
            stage.forward(20 * DAY)
            assert service.member(token).kind is ActorKind.MEMBER
        stage.forward(20 * DAY)
        with pytest.raises(NotSignedIn):
            service.member(token)

    def test_renewing_does_not_bring_back_what_was_signed_out(self, stage: Any) -> None:
        from chalicelib.aws import reads, transact
        from chalicelib.contexts.identity import store

        _, token = a_member()
        stage.forward(2 * DAY)
        place = store.session_key(token)
        row = reads.get(store.SessionItem, place.pk, place.sk)
        service.sign_out(token)
        with pytest.raises(transact.ConditionFailed):
            transact.commit([store.renew(row, stage())])
        assert of_kind("identity", "SESSION") == []

    @pytest.mark.parametrize("token", ["mbr_unknown", "nonsense", "key_x", "ses_x", "mbr_"])
    def test_a_token_that_is_none_is_refused(self, token: str) -> None:
        with pytest.raises(NotSignedIn):
            service.member(token)
        with pytest.raises(NotSignedIn):
            service.maybe_member(token)

    def test_without_a_token_the_caller_is_anonymous(self) -> None:
        assert service.maybe_member("") is ANONYMOUS

    def test_tokens_open_their_own_doors_alone(self) -> None:
        seller = a_merchant()
        _, bearer = a_member()
        _, cookie = service.sign_in_page(EMAIL, PASSWORD, address="")
        for token in (bearer, cookie, "", "key_unknown"):
            with pytest.raises(NotSignedIn):
                service.merchant(token)
        for token in (seller.token, cookie):
            with pytest.raises(NotSignedIn):
                service.member(token)
        for token in (seller.token, bearer, ""):
            assert service.session(token) is None
        assert service.session(cookie).actor.kind is ActorKind.MEMBER

    def test_a_token_renamed_to_another_kind_opens_nothing(self) -> None:
        _, bearer = a_member()
        assert service.session("ses_" + bearer.removeprefix("mbr_")) is None


@pytest.mark.usefixtures("stage")
class TestConsole:
    def test_a_merchants_person_signs_in_with_its_role(self) -> None:
        person = service.add_staff("mer_1", "Bo@acme.example", PASSWORD, "Bo", Role.OWNER)
        session, token = service.sign_in_console("bo@acme.example", PASSWORD, address="")
        assert session.actor == Actor(ActorKind.STAFF, person.id, "mer_1", "owner")
        assert (session.name, session.email) == ("Bo", "bo@acme.example")
        assert service.session(token) == session

    def test_the_platforms_person_acts_for_no_merchant(self) -> None:
        person = service.bootstrap_platform("root@souk.example", PASSWORD)
        session, _ = service.sign_in_console("root@souk.example", PASSWORD, address="")
        assert session.actor == Actor(ActorKind.PLATFORM, person.id, "", "platform")

    def test_a_session_ends_after_two_hours_without_use_and_twelve_at_most(
        self, stage: Any
    ) -> None:
        service.bootstrap_platform("root@souk.example", PASSWORD)
        _, idle = service.sign_in_console("root@souk.example", PASSWORD, address="")
        stage.forward(7_200)
        assert service.session(idle) is None
        _, used = service.sign_in_console("root@souk.example", PASSWORD, address="")
        for _ in range(11):
            stage.forward(3_600)
            assert service.session(used) is not None
        stage.forward(3_600)
        assert service.session(used) is None

    def test_a_member_does_not_get_in_with_the_same_address(self) -> None:
        a_member("bo@acme.example")
        with pytest.raises(SignInFailed):
            service.sign_in_console("bo@acme.example", PASSWORD, address="")
        service.add_staff("mer_1", "bo@acme.example", "another password")
        with pytest.raises(SignInFailed):
            service.sign_in_console("bo@acme.example", PASSWORD, address="")
        with pytest.raises(SignInFailed):
            service.sign_in("bo@acme.example", "another password", address="")

    def test_an_address_works_for_one_merchant(self) -> None:
        service.add_staff("mer_1", "bo@acme.example", PASSWORD)
        before = everything()
        with pytest.raises(CannotRegister):
            service.add_staff("mer_2", "bo@acme.example", PASSWORD)
        assert everything() == before

    @pytest.mark.parametrize(
        ("actor", "refusal"),
        [
            (ANONYMOUS, NotSignedIn),
            (Actor(ActorKind.MEMBER, "acc_9"), Forbidden),
            (Actor(ActorKind.MERCHANT, "api_1", "mer_1"), Forbidden),
            (Actor(ActorKind.STAFF, "acc_2", "mer_1", Role.STAFF), Forbidden),
            (Actor(ActorKind.STAFF, "acc_2", "mer_2", Role.OWNER), Forbidden),
        ],
    )
    def test_people_are_added_by_the_owner_or_the_platform_alone(
        self, actor: Actor, refusal: type[Refusal]
    ) -> None:
        before = everything()
        with pytest.raises(refusal):
            service.add_staff("mer_1", "bo@acme.example", PASSWORD, actor=actor)
        assert everything() == before

    def test_an_owner_adds_staff_and_the_trail_says_so(self) -> None:
        person = service.add_staff("mer_1", "bo@acme.example", PASSWORD, actor=OWNER)
        entries = service.audit_trail(OWNER, "mer_1").items
        assert [(entry.actor, entry.action, entry.detail) for entry in entries] == [
            ("staff:acc_1", "staff_added", f"{person.id} staff")
        ]


@pytest.mark.usefixtures("stage")
class TestApiKeys:
    def test_a_key_acts_for_its_merchant(self) -> None:
        key, token = service.make_api_key(OWNER, "mer_1", " Till ")
        assert service.merchant(token) == Actor(ActorKind.MERCHANT, key.id, "mer_1")
        assert service.api_keys(OWNER) == [key]
        assert (key.label, key.hint) == ("Till", token[-4:])
        assert token not in repr(everything())

    def test_a_revoked_key_opens_nothing(self) -> None:
        key, token = service.make_api_key(OWNER, "mer_1", "till")
        service.revoke_api_key(OWNER, key.id)
        with pytest.raises(NotSignedIn):
            service.merchant(token)
        assert service.api_keys(OWNER) == []
        with pytest.raises(NotFound):
            service.revoke_api_key(OWNER, key.id)
        trail = [entry.action for entry in service.audit_trail(SYSTEM, "mer_1").items]
        assert trail == ["api_key_revoked", "api_key_made"]

    def test_another_merchants_key_is_not_found_and_stays(self) -> None:
        key, token = service.make_api_key(OWNER, "mer_1", "till")
        before = everything()
        with pytest.raises(NotFound):
            service.revoke_api_key(Actor(ActorKind.STAFF, "acc_2", "mer_2", Role.OWNER), key.id)
        assert everything() == before
        assert service.merchant(token)

    @pytest.mark.parametrize(
        ("actor", "refusal"),
        [
            (ANONYMOUS, NotSignedIn),
            (Actor(ActorKind.MEMBER, "acc_9"), Forbidden),
            (Actor(ActorKind.MERCHANT, "api_1", "mer_1"), Forbidden),
            (Actor(ActorKind.STAFF, "acc_2", "mer_1", Role.STAFF), Forbidden),
            (Actor(ActorKind.STAFF, "acc_2", "mer_2", Role.OWNER), Forbidden),
            (Actor(ActorKind.PLATFORM, "acc_3", role=Role.PLATFORM), Forbidden),
        ],
    )
    def test_keys_are_made_by_the_owner_alone(self, actor: Actor, refusal: type[Refusal]) -> None:
        before = everything()
        with pytest.raises(refusal):
            service.make_api_key(actor, "mer_1", "till")
        assert everything() == before

    def test_there_are_so_many_and_no_more(self) -> None:
        for number in range(API_KEYS_MAX):
            service.make_api_key(OWNER, "mer_1", str(number))
        before = everything()
        with pytest.raises(TooManyKeys):
            service.make_api_key(OWNER, "mer_1", "one more")
        assert everything() == before
        assert service.make_api_key(SYSTEM, "mer_2", "another merchant's")


@pytest.mark.usefixtures("stage")
class TestAuditTrail:
    def test_is_paged_newest_first(self) -> None:
        made = [service.make_api_key(OWNER, "mer_1", str(n))[0].id for n in range(5)]
        first = service.audit_trail(SYSTEM, "mer_1", limit=3)
        second = service.audit_trail(SYSTEM, "mer_1", limit=3, cursor=first.next_cursor or "")
        assert [entry.detail for entry in first.items + second.items] == made[::-1]
        assert second.next_cursor is None

    @pytest.mark.parametrize(
        "actor",
        [
            ANONYMOUS,
            Actor(ActorKind.MEMBER, "acc_9"),
            Actor(ActorKind.MERCHANT, "api_1", "mer_1"),
            Actor(ActorKind.STAFF, "acc_2", "mer_1", Role.STAFF),
            Actor(ActorKind.STAFF, "acc_2", "mer_2", Role.OWNER),
        ],
    )
    def test_is_the_owners_and_the_platforms_alone(self, actor: Actor) -> None:
        with pytest.raises((Forbidden, NotSignedIn)):
            service.audit_trail(actor, "mer_1")
