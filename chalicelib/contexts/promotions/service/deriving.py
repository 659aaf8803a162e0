"""Codes of coupons that are given without being asked for."""

from chalicelib.aws import secrets
from chalicelib.contexts.promotions.model.campaigns import CODE_RANDOM
from chalicelib.kernel import clock, ids


def derived_code(cause: str, at: str) -> str:
    """Make the one code that a cause leads to, so that a repetition meets itself: it sorts by `at`
    (RFC 3339), and nobody who lacks the shop's secret guesses it.
    """
    letters = ids.CODE_ALPHABET.upper()
    left = int(secrets.sign("coupon", cause), 16)
    picked = []
    for _ in range(CODE_RANDOM):
        left, place = divmod(left, len(letters))
        picked.append(letters[place])
    return ids.stamp(clock.parse(at)) + "".join(picked)
