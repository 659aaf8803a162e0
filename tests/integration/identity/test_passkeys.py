"""Passkeys made, used, renamed and removed; and what is refused about them."""

import json
from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.model import LastWayIn, SignInFailed, SignInThrottled
from chalicelib.contexts.identity.model.passkeys import (
    PASSKEY_CHALLENGE_TTL_S,
    PASSKEYS_MAX,
    PasskeyKnown,
    PasskeyNotMade,
    PasskeyOver,
    PasskeyRefused,
    TooManyPasskeys,
)
from chalicelib.kernel.errors import Malformed, NotFound, Refusal
from tests.conftest import Clock
from tests.integration.identity.test_security import enrolled
from tests.makers import rows
from tests.makers.authenticator import Authenticator, decoded, encoded
from tests.makers.people import PASSWORD, a_member
from tests.makers.racing import at_once

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def device() -> Authenticator:
    return Authenticator()


def asked(account_id: str) -> dict[str, Any]:
    return service.begin_passkey(account_id, PASSWORD, address="")


def made(device: Authenticator, account_id: str, name: str = "Phone") -> str:
    return service.finish_passkey(account_id, name, device.make(asked(account_id))).id


def enter(answer: str, address: str = "") -> str:
    return service.sign_in_passkey(answer, address=address)[0].id


def entered(device: Authenticator, **changes: Any) -> str:
    return enter(device.enter(service.passkey_question(), **changes))


def unwritten() -> dict[str, Any]:
    """All rows but those that count failures, which a refusal may write."""
    found = rows.everything()
    for place in [one for one in found["identity"] if one[0].startswith("THROTTLE#")]:
        del found["identity"][place]
    return found


class TestMaking:
    def test_one_signs_in_and_tells_when(self, device, stage: Clock) -> None:
        actor, _ = a_member()
        passkey_id = made(device, actor.id)
        (before,) = service.passkeys_of(actor.id)
        assert (before.id, before.name, before.used_at) == (passkey_id, "Phone", "")
        stage.forward(60)
        account, token, session = service.sign_in_passkey(
            device.enter(service.passkey_question()), address=""
        )
        assert (account.id, session.account_id) == (actor.id, actor.id)
        found = service.session(token)
        assert found is not None
        assert found.actor.as_member() == actor.id
        (after,) = service.passkeys_of(actor.id)
        assert after.used_at > after.created_at

    def test_a_device_is_told_what_it_holds_already(self, device) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        options = asked(actor.id)
        held = encoded(device.passkeys[0].id)
        assert options["excludeCredentials"] == [{"type": "public-key", "id": held}]
        assert options["rp"] == {"id": "localhost", "name": "Souk"}
        assert decoded(options["user"]["id"]).decode() == actor.id

    def test_asks_for_the_password_where_there_is_one(self) -> None:
        actor, _ = a_member()
        with pytest.raises(SignInFailed):
            service.begin_passkey(actor.id, "wrong", address="")
        linked, _ = service.sign_in_linked("qq", "u1", name="Eve", locale="en", attempt="a1")
        assert service.begin_passkey(linked.account_id, "", address="")["challenge"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"origin": "https://souk.example.evil"},
            {"origin": "http://127.0.0.1:8000"},
            {"type": "webauthn.get"},
        ],
    )
    def test_refuses_another_place(self, device, changes) -> None:
        actor, _ = a_member()
        answer, before = device.make(asked(actor.id), **changes), rows.everything()
        with pytest.raises(PasskeyNotMade):
            service.finish_passkey(actor.id, "", answer)
        assert rows.everything() == before

    def test_refuses_a_device_that_does_not_know_its_owner(self) -> None:
        actor, _ = a_member()
        careless = Authenticator(verifies=False)
        with pytest.raises(PasskeyNotMade):
            service.finish_passkey(actor.id, "", careless.make(asked(actor.id)))

    @pytest.mark.parametrize(
        "answer", ["", "[]", "{}", '{"response": {}}', '{"response": {"clientDataJSON": "ß"}}']
    )
    def test_refuses_what_is_no_answer(self, answer: str) -> None:
        actor, _ = a_member()
        with pytest.raises(PasskeyNotMade):
            service.finish_passkey(actor.id, "", answer)
        with pytest.raises(PasskeyRefused):
            enter(answer)

    def test_a_question_is_good_once_for_one_account_and_for_making(
        self, device, stage: Clock
    ) -> None:
        actor, _ = a_member()
        other, _ = a_member("eve@shop.example")
        options = asked(actor.id)
        with pytest.raises(PasskeyOver):
            service.finish_passkey(other.id, "", device.make(options))
        entering = {**options, "challenge": service.passkey_question()["challenge"]}
        with pytest.raises(PasskeyOver):
            service.finish_passkey(actor.id, "", device.make(entering))
        service.finish_passkey(actor.id, "", device.make(options))
        with pytest.raises(PasskeyOver):
            service.finish_passkey(actor.id, "", device.make(options))
        late = asked(actor.id)
        stage.forward(PASSKEY_CHALLENGE_TTL_S)
        with pytest.raises(PasskeyOver):
            service.finish_passkey(actor.id, "", device.make(late))
        assert len(service.passkeys_of(actor.id)) == 1

    def test_one_opens_one_account(self, device) -> None:
        actor, _ = a_member()
        other, _ = a_member("eve@shop.example")
        made(device, actor.id)
        # The same credential's id, from a device that claims it for another account.
        copy = Authenticator(passkeys=[device.passkeys[0]])
        answer = json.loads(copy.make(asked(other.id)))
        data = decoded(answer["response"]["attestationObject"])
        forged = data.replace(copy.passkeys[-1].id, device.passkeys[0].id)
        answer["response"]["attestationObject"] = encoded(forged)
        answer["id"] = answer["rawId"] = encoded(device.passkeys[0].id)
        with pytest.raises(PasskeyKnown):
            service.finish_passkey(other.id, "", json.dumps(answer))

    def test_there_are_at_most_some(self, device) -> None:
        actor, _ = a_member()
        options = asked(actor.id)
        for _ in range(PASSKEYS_MAX):
            made(device, actor.id)
        with pytest.raises(TooManyPasskeys):
            asked(actor.id)
        with pytest.raises(TooManyPasskeys):
            service.finish_passkey(actor.id, "", device.make(options))


class TestEntering:
    def test_needs_no_second_factor(self, device) -> None:
        account_id, _, _ = enrolled()
        made(device, account_id)
        assert entered(device) == account_id

    def test_a_device_that_does_not_count_is_taken(self) -> None:
        actor, _ = a_member()
        synced = Authenticator(counts=False)
        made(synced, actor.id)
        assert [entered(synced), entered(synced)] == [actor.id] * 2

    def test_a_question_is_answered_once_even_at_once(self, device) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        answer = device.enter(service.passkey_question())

        def attempt(_number: int) -> bool:
            try:
                return bool(enter(answer))
            except (PasskeyOver, PasskeyRefused):
                return False

        assert at_once(4, attempt).count(True) == 1
        with pytest.raises((PasskeyOver, PasskeyRefused)):
            enter(answer)

    def test_an_answer_that_does_not_count_is_good_once(self) -> None:
        actor, _ = a_member()
        synced = Authenticator(counts=False)
        made(synced, actor.id)
        answer = synced.enter(service.passkey_question())
        assert enter(answer) == actor.id
        before = rows.everything()
        with pytest.raises(PasskeyOver):
            enter(answer)
        assert rows.everything() == before

    def test_a_question_is_good_for_minutes(self, device, stage: Clock) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        answer = device.enter(service.passkey_question())
        stage.forward(PASSKEY_CHALLENGE_TTL_S)
        with pytest.raises(PasskeyOver):
            enter(answer)

    def test_nobody_asks_but_the_shop(self, device) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        own = {**service.passkey_question(), "challenge": encoded(b"pkc_1.99999999999.0")}
        for options in (own, {**own, "challenge": asked(actor.id)["challenge"]}):
            with pytest.raises(PasskeyOver):
                enter(device.enter(options))

    def test_refuses_another_place_and_reveals_nothing(self, device) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        asks = service.passkey_question
        device.verifies = False
        unverified = device.enter(asks())
        device.verifies = True
        answers = [
            device.enter(asks(), origin="https://souk.example.evil"),
            device.enter(asks(), type="webauthn.create"),
            device.enter({**asks(), "rpId": "souk.example.evil"}),
            unverified,
        ]
        before = unwritten()
        for answer in answers:
            with pytest.raises(PasskeyRefused):
                enter(answer)
        assert unwritten() == before

    def test_refuses_a_count_that_does_not_grow(self, device) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        entered(device)
        device.passkeys[0].sign_count = 0
        with pytest.raises(PasskeyRefused):
            entered(device)

    def test_refuses_anothers_and_unknown_ones(self, device) -> None:
        actor, _ = a_member()
        other, _ = a_member("eve@shop.example")
        made(device, actor.id)
        stranger = Authenticator()
        stranger.make(asked(other.id))
        with pytest.raises(PasskeyRefused):
            entered(stranger)
        # One's own device that names the other's account, and another key for a known name.
        device.passkeys[0].user = other.id.encode()
        with pytest.raises(PasskeyRefused):
            entered(device)
        stranger.passkeys[0].id, stranger.passkeys[0].user = (
            device.passkeys[0].id,
            actor.id.encode(),
        )
        stranger.passkeys[0].sign_count = 100
        with pytest.raises(PasskeyRefused):
            entered(stranger)

    def test_an_address_that_fails_often_waits(self, device, monkeypatch) -> None:
        monkeypatch.setattr("chalicelib.contexts.identity.model.ADDRESS_FAILURES_MAX", 2)
        actor, _ = a_member()
        made(device, actor.id)
        for _ in range(2):
            with pytest.raises(PasskeyRefused):
                enter("{}", "192.0.2.1")
        good = device.enter(service.passkey_question())
        with pytest.raises(SignInThrottled):
            enter(good, "192.0.2.1")
        assert enter(good, "192.0.2.2") == actor.id


class TestKeeping:
    def test_one_is_renamed_by_its_member_alone(self, device) -> None:
        actor, _ = a_member()
        other, _ = a_member("eve@shop.example")
        passkey_id = made(device, actor.id)
        service.rename_passkey(actor.id, passkey_id, "Key ring")
        for refused, account_id, name in (
            (NotFound, other.id, "Mine"),
            (Malformed, actor.id, "x" * 61),
        ):
            with pytest.raises(refused):
                service.rename_passkey(account_id, passkey_id, name)
        assert [one.name for one in service.passkeys_of(actor.id)] == ["Key ring"]

    def test_one_that_is_removed_opens_nothing(self, device) -> None:
        actor, _ = a_member()
        other, _ = a_member("eve@shop.example")
        passkey_id = made(device, actor.id)
        with pytest.raises(NotFound):
            service.remove_passkey(other.id, passkey_id)
        service.remove_passkey(actor.id, passkey_id)
        assert rows.of_kind("identity", "PASSKEY") == []
        assert rows.of_kind("identity", "PASSKEY_ENTRY") == []
        with pytest.raises(PasskeyRefused):
            entered(device)

    def test_the_last_way_in_stays(self, device) -> None:
        session, _ = service.sign_in_linked("qq", "u1", name="Eve", locale="en", attempt="a1")
        ids = [made(device, session.account_id) for _ in range(2)]
        service.unlink(session.actor, "qq")

        def attempt(number: int) -> bool:
            try:
                service.remove_passkey(session.account_id, ids[number])
            except Refusal:
                return False
            return True

        assert at_once(2, attempt).count(True) == 1
        (left,) = service.passkeys_of(session.account_id)
        with pytest.raises(LastWayIn):
            service.remove_passkey(session.account_id, left.id)

    def test_closing_an_account_takes_them(self, device) -> None:
        actor, _ = a_member()
        made(device, actor.id)
        held = service.held_about(actor.id)
        assert held["credentials"] == ["passkey", "password"]
        assert [one.name for one in held["passkeys"]] == ["Phone"]
        transact.commit(service.closing(actor.id))
        assert rows.of_kind("identity", "PASSKEY") == []
        assert rows.of_kind("identity", "PASSKEY_ENTRY") == []
