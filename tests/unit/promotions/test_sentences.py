"""Verdicts, said in both languages."""

import pytest

from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.reasons import Reason, Verdict
from chalicelib.contexts.promotions.model.telling import Message, message_of
from chalicelib.contexts.promotions.pages.reasons import SENTENCES, sentence
from chalicelib.web.i18n import Words


def said(locale: str, reason: Reason, **amounts) -> str:
    return sentence(Words(locale), Verdict("off_1", {}, reason, **amounts), "CNY")


@pytest.mark.parametrize(
    ("reason", "amounts", "english", "chinese"),
    [
        (
            Reason.BELOW_THRESHOLD,
            {"missing_amount": 3_000, "saves": 2_000},
            "CN¥30.00 more saves CN¥20.00",
            "再买 ¥30.00 可省 ¥20.00",
        ),
        (
            Reason.SET_SHORT,
            {"missing_units": 1, "saves": 500, "kind": Kind.BUNDLE},
            "1 more to save CN¥5.00",
            "再买 1 件可省 ¥5.00",
        ),
        (
            Reason.BELOW_THRESHOLD,
            {"missing_amount": 900, "kind": Kind.FREE_SHIPPING},
            "CN¥9.00 more, and delivery is free",
            "再买 ¥9.00 免运费",
        ),
        (Reason.APPLIED, {"off": 1_250}, "You save CN¥12.50", "已省 ¥12.50"),
        (Reason.APPLIED, {"kind": Kind.GIFT}, "A gift comes along", "附赠礼品"),
        (Reason.OUTDONE, {}, "Something else saves you more", "已有更优惠的方案"),
    ],
)
def test_says_what_is_missing_and_what_it_saves(
    reason: Reason, amounts: dict[str, int], english: str, chinese: str
) -> None:
    assert said("en", reason, **amounts) == english
    assert said("zh-CN", reason, **amounts) == chinese


def test_every_verdict_has_a_message_and_every_message_a_verdict() -> None:
    found = {
        message_of(Verdict("off_1", {}, reason, 0, amount, 1, saves, kind))
        for reason in Reason
        for kind in Kind
        for amount in (0, 1)
        for saves in (0, 1)
    }
    assert found == set(Message)


@pytest.mark.parametrize("text", SENTENCES.values())
def test_every_sentence_is_in_chinese_with_the_same_amounts(text: str) -> None:
    chinese = Words("zh-CN").say(text)
    assert chinese != text
    for name in ("amount", "units", "saves"):
        assert (f"%({name})s" in chinese) == (f"%({name})s" in text)
