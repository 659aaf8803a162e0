"""The schemes against the companies' own packages, over random messages, genuine and mutilated.

Whatever a package signs, Souk takes; whatever Souk signs, the package takes; and of a changed
message both say the same. Where they differ, Souk is the stricter one, in the ways listed here:
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import standardwebhooks
import stripe

from chalicelib.kernel.errors import Malformed
from chalicelib.providers import signing
from chalicelib.providers.payment.stripe import Stripe
from chalicelib.providers.signing import BadSignature
from tests.makers.companies.stripe import KEY
from tests.makers.scale import pick, tell

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
SECRETS = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "whsec_cGF5bWVudCBzZWNyZXQgb2YgdGhlIHRlc3RzIDAxMjM=",
)
MESSAGES = pick(200, 10_000)
LAXITIES = {
    "standardwebhooks": (
        "loose base64",  # it compares decoded bytes: line breaks, unset bits and padding pass
        "a time that is a number in another notation",  # it reads floats, spaces, `1e9`, Arabic digits
    ),
    "stripe": (
        "a time in the future",  # it looks at old ones alone
        "a time that is a number in another notation",  # it reads `+1`, ` 1`, Arabic digits
        "several times",  # it takes the first `t`
    ),
}
Change = Callable[[Random, str], str]


def cut(chance: Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at + 1 :]


def repeated(chance: Random, text: str) -> str:
    at = chance.randrange(len(text))
    return text[: at + 1] + text[at:]


def exchanged(chance: Random, text: str) -> str:
    at = chance.randrange(len(text))
    letters = "ABCXYZabcxyz0189+/=,. v1\u00e9\u0661"
    return text[:at] + chance.choice(letters) + text[at + 1 :]


def untouched(_chance: Random, text: str) -> str:
    return text


def empty(_chance: Random, _text: str) -> str:
    return ""


CHANGES: tuple[Change, ...] = (untouched, untouched, untouched, cut, repeated, exchanged, empty)


def a_text(chance: Random) -> str:
    """A message as anybody may write one: all planes of Unicode, and now and then JSON."""
    if chance.random() < 0.3:
        return json.dumps({"type": "x", "n": chance.random(), "s": chance.choice("é支💶")})
    size = chance.choice((0, 1, 2, 40, 400))
    planes = ((32, 127), (0, 128), (128, 0x800), (0x4E00, 0x9FFF), (0x1F300, 0x1F6FF))
    return "".join(chr(chance.randrange(*chance.choice(planes))) for _ in range(size))


class FixedDatetime(datetime):
    """The package's clock, which reads the machine's otherwise."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return NOW.astimezone(tz)


@pytest.fixture(autouse=True)
def _packages_read_our_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", FixedDatetime)
    monkeypatch.setattr("stripe._webhook.time", SimpleNamespace(time=lambda: STAMP))


def test_standard_webhooks_agree_on_what_is_genuine() -> None:
    chance = Random(1)
    for _ in range(MESSAGES):
        text, secret = a_text(chance), chance.choice(SECRETS)
        event_id = f"msg_{chance.randrange(10**9)}"
        at = datetime.fromtimestamp(STAMP + chance.randint(-300, 300), UTC)
        package = standardwebhooks.Webhook(secret)
        theirs = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": package.sign(event_id, at, text),
        }
        assert signing.verify(secret, theirs, text.encode(), NOW) == event_id
        mine = signing.sign(secret, event_id, at, text.encode())
        assert mine == theirs
        package.verify(text, mine, json_parse=False)
    tell("signers", "standard webhooks messages without a disagreement", MESSAGES)


def test_standard_webhooks_agree_on_what_is_not() -> None:
    chance, seen = Random(2), set()
    for _ in range(MESSAGES):
        text, secret = a_text(chance), chance.choice(SECRETS)
        at = datetime.fromtimestamp(STAMP + chance.randint(-320, 320), UTC)
        headers = signing.sign(secret, "msg_1", at, text.encode())
        changed = {k: chance.choice(CHANGES)(chance, v) for k, v in headers.items()}
        said = chance.choice((text, text, text + " ", text[1:]))
        mine = takes(partial(signing.verify, secret, changed, said.encode(), NOW))
        package = standardwebhooks.Webhook(secret)
        theirs = takes(partial(package.verify, said, changed, json_parse=False))
        if mine != theirs:
            seen.add(standard_laxity(headers, changed))
            assert theirs, f"Souk took what the package refuses: {changed} {said!r}"
    assert seen <= set(LAXITIES["standardwebhooks"])
    tell("signers", "standard webhooks mutations without an unknown disagreement", MESSAGES)


def standard_laxity(headers: dict[str, str], changed: dict[str, str]) -> str:
    """Name the known difference that explains why only the package took this message."""
    if changed["webhook-timestamp"] != headers["webhook-timestamp"]:
        return "a time that is a number in another notation"
    if changed["webhook-signature"] != headers["webhook-signature"]:
        return "loose base64"
    return f"unknown: {changed}"


def test_stripe_agrees_on_what_is_genuine() -> None:
    chance = Random(3)
    for _ in range(MESSAGES):
        text, secret = a_text(chance), chance.choice(SECRETS)
        at = STAMP + chance.randint(-300, 300)
        header = stripe.WebhookSignature.generate_signature_header(text, secret, timestamp=at)
        assert takes(partial(verify_stripe, secret, header, text))
        assert takes(partial(package_of_stripe, secret, header, text))
    tell("signers", "stripe messages without a disagreement", MESSAGES)


def test_stripe_agrees_on_what_is_not() -> None:
    chance, seen = Random(4), set()
    for _ in range(MESSAGES):
        text, secret = a_text(chance), chance.choice(SECRETS)
        at = STAMP + chance.randint(-320, 320)
        header = stripe.WebhookSignature.generate_signature_header(text, secret, timestamp=at)
        changed = chance.choice(CHANGES)(chance, header)
        said = chance.choice((text, text, text + " ", text[1:]))
        mine = takes(partial(verify_stripe, secret, changed, said))
        theirs = takes(partial(package_of_stripe, secret, changed, said))
        if mine != theirs:
            seen.add(stripe_laxity(changed, at))
            assert theirs, f"Souk took what the package refuses: {changed} {said!r}"
    assert seen <= set(LAXITIES["stripe"])
    tell("signers", "stripe mutations without an unknown disagreement", MESSAGES)


def stripe_laxity(changed: str, at: int) -> str:
    stamps = [part[2:] for part in changed.split(",") if part.startswith("t=")]
    if len(stamps) > 1:
        return "several times"
    if at > STAMP + signing.TOLERANCE_S:
        return "a time in the future"
    is_plain = bool(stamps) and stamps[0].isascii() and stamps[0].isdigit()
    return f"unknown: {changed}" if is_plain else "a time that is a number in another notation"


@pytest.mark.parametrize(
    "stamp", [f"{STAMP}.0", f" {STAMP}", str(STAMP).translate(str.maketrans("0123", "٠١٢٣"))]
)
def test_a_time_in_another_notation_is_a_known_laxity(stamp: str) -> None:
    """The package takes these, which is why a table of ours has to refuse them."""
    headers = signing.sign(SECRETS[0], "msg_1", NOW, b"{}") | {"webhook-timestamp": stamp}
    standardwebhooks.Webhook(SECRETS[0]).verify("{}", headers)
    assert not takes(partial(signing.verify, SECRETS[0], headers, b"{}", NOW))


def test_a_stripe_time_in_the_future_is_a_known_laxity() -> None:
    header = stripe.WebhookSignature.generate_signature_header(
        "{}", SECRETS[0], timestamp=STAMP + 301
    )
    assert takes(partial(package_of_stripe, SECRETS[0], header, "{}"))
    assert not takes(partial(verify_stripe, SECRETS[0], header, "{}"))


def verify_stripe(secret: str, header: str, text: str) -> None:
    """Let the adapter check a message; that it means nothing is not the question here."""
    adapter = Stripe(KEY, secret, "")
    try:
        adapter.verify({"stripe-signature": header}, text.encode(), NOW)
    except Malformed:
        return


def package_of_stripe(secret: str, header: str, text: str) -> None:
    stripe.WebhookSignature.verify_header(text, header, secret, signing.TOLERANCE_S)


def takes(check: Callable[[], Any]) -> bool:
    try:
        check()
    except (
        BadSignature,
        standardwebhooks.WebhookVerificationError,
        stripe.SignatureVerificationError,
        ValueError,  # the packages break on some texts instead of refusing them
        TypeError,
    ):
        return False
    return True
