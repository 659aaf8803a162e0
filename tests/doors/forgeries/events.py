"""Rows about times, and about who says what of what."""

import json
from collections.abc import Callable
from typing import Any

from tests.doors.forgeries.cases import (
    COMPANIES,
    STANDARD,
    Case,
    Outcome,
    Sent,
    good,
    signed,
    with_headers,
)
from tests.doors.forgeries.houses import HOUSES, OTHER_SECRET, Headers, House, now
from tests.makers.companies.stripe import SECRET
from tests.makers.purchases import TOTAL

FORGED, COUNTS, UNKNOWN = Outcome.FORGED, Outcome.COUNTS, Outcome.UNKNOWN
GARBLED, NOTHING, FLAGGED = Outcome.GARBLED, Outcome.NOTHING, Outcome.FLAGGED
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def at(stamp_of: Callable[[int], str]) -> Callable[[House, str], Sent]:
    """A message that is rightly signed for a time, or for a text that is none."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing, stamp=stamp_of(now()))
        return Sent(headers, body)

    return forge


def moved(stamp_of: Callable[[int], str]) -> Callable[[House, str], Sent]:
    """A genuine message whose time was changed afterwards."""

    def change(house: House, headers: Headers) -> Headers:
        name, present = house.stamp_header, str(now())
        return headers | {name: headers[name].replace(present, stamp_of(now()), 1)}

    return with_headers(change)


TEXTS: dict[str, Callable[[int], str]] = {
    "zero": lambda _: "0",
    "minus one": lambda _: "-1",
    "negative": lambda present: f"-{present}",
    "with a plus": lambda present: f"+{present}",
    "a float": lambda present: f"{present}.0",
    "1e9": lambda _: "1e9",
    "1e20": lambda _: "1e20",
    "not a number": lambda _: "nan",
    "infinite": lambda _: "inf",
    "thirty digits": lambda _: "9" * 30,
    "hexadecimal": hex,
    "in milliseconds": lambda present: f"{present}000",
    "a date": lambda _: "2026-03-02T09:00:00Z",
    "Arabic digits": lambda present: str(present).translate(ARABIC),
    "with an underscore": lambda present: f"{present // 1_000}_{present % 1_000:03}",
    "a space before it": lambda present: f" {present}",
    "a space after it": lambda present: f"{present} ",
}
TIMES = [
    *[
        Case(f"signed {seconds:+} s", COUNTS, at(lambda present, s=seconds: str(present + s)))
        for seconds in (-300, -299, 0, 299, 300)
    ],
    *[
        Case(f"signed {seconds:+} s", FORGED, at(lambda present, s=seconds: str(present + s)))
        for seconds in (-301, 301, -86_400, 86_400, -(10**9), 10**9)
    ],
    *[Case(f"signed for a time {name}", FORGED, at(text)) for name, text in TEXTS.items()],
    *[Case(f"a time {name}", FORGED, moved(text)) for name, text in TEXTS.items()],
    Case("a second later than signed", FORGED, moved(lambda present: str(present + 1))),
    Case("a second earlier than signed", FORGED, moved(lambda present: str(present - 1))),
]


def telling(**changes: Any) -> Callable[[House, str], Sent]:
    return signed(lambda house, thing: house.event(thing, **changes))


def of_other(house: House, thing: str) -> Sent:
    """A genuine message of this company, at another one's door."""
    headers, body = good(house, thing)
    return Sent(headers, body, path=house.other_path)


def by_the_other(house: House, thing: str) -> Sent:
    """The scheme of this door, with the secret that counts at another."""
    other = next(one for one in HOUSES.values() if one.path == house.other_path)
    headers, body = good(house, thing, secret=other.secret)
    return Sent(headers, body)


def at_no_door(name: str) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        return Sent(headers, body, path=house.path.rpartition("/")[0] + "/" + name)

    return forge


def with_settings(**environment: str) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        return Sent(headers, body, environment=environment)

    return forge


def without_secret(*, forged_with: str | None) -> Callable[[House, str], Sent]:
    """Where nobody set the secret, nothing is taken, whatever it was signed with."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing, secret=forged_with)
        return Sent(headers, body, environment={house.secret_setting: ""})

    return forge


def of_anothers_payment(house: House, thing: str) -> bytes:
    """Stripe speaks of a payment that the sandbox was asked for, or the other way about."""
    return house.event(house.others)


def dispute(_house: House, _thing: str) -> bytes:
    lost = {"id": "dp_1", "amount": 1, "currency": "gbp", "payment_intent": "pi_never_seen"}
    event = {"id": "evt_1", "type": "charge.dispute.created", "created": now()}
    return json.dumps({**event, "data": {"object": lost}}).encode()


def long_id(house: House, thing: str) -> Sent:
    headers, body = good(house, thing, event_id="m" * 257)
    return Sent(headers, body)


LIVE = "sk_live_of_the_tests"
DOORS = [
    Case("at another's door", FORGED, of_other),
    Case("with another door's secret", FORGED, by_the_other),
    *[
        Case(f"at a door called {name}", UNKNOWN, at_no_door(name))
        for name in ("alipay", "SANDBOX", "sandbox%2F", "..", "PAYMENT")
    ],
    Case("at a courier who never calls", UNKNOWN, at_no_door("dhl"), ("courier",)),
    Case("a test event at a live shop", FORGED, with_settings(SOUK_STRIPE_KEY=LIVE), ("stripe",)),
    Case("a live event at a test shop", FORGED, telling(livemode=True), ("stripe",)),
    Case(
        "the sandbox in production",
        UNKNOWN,
        with_settings(SOUK_STAGE="prod"),
        STANDARD,
    ),
    Case("no secret set, the right one used", UNKNOWN, without_secret(forged_with=None), STANDARD),
    Case("no secret set, none used", UNKNOWN, without_secret(forged_with=""), STANDARD),
    Case(
        "no secret set, the right one used", FORGED, without_secret(forged_with=None), ("stripe",)
    ),
    Case("no secret set, none used", FORGED, without_secret(forged_with=""), ("stripe",)),
    Case(
        "no key set",
        UNKNOWN,
        with_settings(SOUK_STRIPE_KEY="", SOUK_STRIPE_WEBHOOK_SECRET=SECRET),
        ("stripe",),
    ),
    Case(
        "the secret was changed for another",
        FORGED,
        lambda house, thing: Sent(
            *good(house, thing), environment={house.secret_setting: OTHER_SECRET}
        ),
    ),
]
MONEY = [
    *[
        Case(f"{name}", FLAGGED, telling(**wrong), COMPANIES)
        for name, wrong in {
            "a cent too little": {"amount": TOTAL - 1},
            "a cent too much": {"amount": TOTAL + 1},
            "no money at all": {"amount": 0},
            "a hundred times as much": {"amount": TOTAL * 100},
            "another currency": {"currency": "EUR"},
            "no such currency": {"currency": "ZZZ"},
        }.items()
    ],
    *[
        Case(f"money {name}", GARBLED, telling(**wrong), ("sandbox",))
        for name, wrong in {
            "as text": {"amount": "5000"},
            "in fractions": {"amount": 5000.5},
            "below nothing": {"amount": -5_000},
            "as true": {"amount": True},
            "as null": {"amount": None},
            "past all bounds": {"amount": 10**13},
            "in small letters": {"currency": "gbp"},
            "in five letters": {"currency": "POUND"},
            "without a reference": {"provider_reference": ""},
            "of a number": {"payment_id": 7},
            "of a long name": {"payment_id": "x" * 256},
        }.items()
    ],
    *[
        Case(f"money {name}", GARBLED, telling(**wrong), ("stripe",))
        for name, wrong in {
            "as text": {"amount": "5000"},
            "in fractions": {"amount": 5000.5},
            "as true": {"amount": True},
            "as null": {"amount": None},
            "past all bounds": {"amount": 10**13},
            "past all numbers": {"amount": 10**40},
            "below nothing": {"amount": -5_000},
            "of the year 300,000": {"created": 10**13},
            "in five letters": {"currency": "POUND"},
            "in digits": {"currency": "g1p"},
            "without an intent": {"payment_intent": None},
            "of a number": {"payment_id": 7},
            "of a session without a name": {"id": None},
        }.items()
    ],
    *[
        Case(f"a payment called {name[:12]!r}", UNKNOWN, telling(payment_id=name), COMPANIES)
        for name in ("", "pay", "PAYMENT#x", "支付", "pay_01JNAAAAAAAAAAAAAAAAAAAAAA_9", "x" * 255)
    ],
    Case(
        "a payment that another company was asked for",
        UNKNOWN,
        signed(of_anothers_payment),
        COMPANIES,
    ),
    Case("a dispute of money never seen", UNKNOWN, signed(dispute), ("stripe",)),
    Case(
        "a refund that nobody asked for",
        UNKNOWN,
        telling(kind="refund.succeeded", refund_id="ref_404"),
        ("sandbox",),
    ),
    Case("a refund without a name", GARBLED, telling(kind="refund.succeeded"), ("sandbox",)),
    Case("words that mean nothing", NOTHING, telling(kind="payment.sneezed")),
    Case("fields that mean nothing", COUNTS, telling(mood={"is": ["fine"]})),
    Case("an id of 257 letters", GARBLED, long_id, STANDARD),
]
PARCELS = [
    *[
        Case(f"a parcel called {name[:12]!r}", UNKNOWN, telling(tracking_number=name), ("courier",))
        for name in ("SBX404", "PARCEL#x", "包裹", "x" * 255)
    ],
    *[
        Case(f"a parcel {name}", GARBLED, telling(**wrong), ("courier",))
        for name, wrong in {
            "without a number": {"tracking_number": ""},
            "with a long number": {"tracking_number": "x" * 256},
            "seen yesterday": {"occurred_at": "yesterday"},
            "seen at no zone's time": {"occurred_at": "2026-03-02T08:55:00"},
            "seen at 5": {"occurred_at": 5},
            "seen at places": {"place": ["Leeds"]},
            "with a whole book about it": {"description": "x" * 2_001},
        }.items()
    ],
]
EVENTS = [*TIMES, *DOORS, *MONEY, *PARCELS]
