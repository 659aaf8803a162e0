"""What no shopper types, into the forms of shoppers: refused beside its field, kept, and harmless."""

from tests.makers.browser import values
from tests.pages.test_addresses import ada  # noqa: F401 - a fixture
from tests.pages.test_cart import put
from tests.pages.test_checkout import TYPED
from tests.unit.members.test_addresses import LONDON, SHENZHEN

TOO_MUCH = {
    "long": "x" * 10_000,
    "multibyte": "\u6f22" * 3_000,
    "control": "a\x00b\x07\x1bc",
}
STRANGE = {"emoji": "\U0001f469\u200d\U0001f467" * 5, "html": "<script>alert(1)</script>\"'>"}
KEPT = {"long", "multibyte", "html"}
"""What a browser keeps as it was typed."""
FORMS = {
    "/account/profile": ("nickname", {}),
    "/account/addresses/new": ("line1", LONDON),
    "/checkout": ("line1", {**TYPED, "step": "quote"}),
    "/account/register": ("name", {"login": "eve@shop.example", "password": "correct horse"}),
}


def test_it_is_refused_beside_its_field_and_kept(browser, listed, ada) -> None:  # noqa: F811
    put(browser, listed())
    for path, (field, typed) in FORMS.items():
        empty = values(browser.get(path).form(path))
        for fields in ([("csrf", empty["csrf"])], [*empty.items(), *empty.items()]):
            assert browser.post(path, fields).status in {200, 400}, path
        form = {**empty, **typed}
        for kind, value in {**TOO_MUCH, **STRANGE}.items():
            answer = browser.post(path, {**form, field: value})
            told = f"{path} {kind}"
            assert answer.status < 500, told
            assert "<script>alert(1)" not in answer.reply.text, told
            if kind in TOO_MUCH:
                assert answer.status == 400, told
                assert answer.one(f"#e-{field}").get_text(), told
            if kind in KEPT and answer.status == 400:
                assert answer.one(f"#f-{field}")["value"] == value, told


def test_what_is_wrong_with_no_field_of_the_form_is_said_above_it(browser, listed, ada) -> None:  # noqa: F811
    put(browser, listed())
    for path, wrong in (
        ("/checkout", {**TYPED, "step": "quote", "delivery_method": "x" * 100}),
        ("/account/addresses/new", {**SHENZHEN, "line2": "x" * 201}),
    ):
        answer = browser.post(path, {**values(browser.get(path).form(path)), **wrong})
        assert (answer.status, bool(answer.texts("[role=alert]"))) == (400, True)
        assert not answer.soup.select(".field__error")
