"""The address book: at most twenty, one first; what is typed is checked field by field."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.contexts.members.model import addresses
from chalicelib.contexts.members.model.addresses import Address, AddressBook, TooManyAddresses
from chalicelib.kernel.errors import Malformed, NotFound

LONDON = {
    "name": "Ada Example",
    "phone": "+44 20 7946 0000",
    "line1": "1 Example Street",
    "city": "London",
    "postal_code": "N1 1AA",
    "country": "GB",
}
SHENZHEN = {
    "name": "张三",
    "phone": "13812345678",
    "region": "广东省",
    "city": "深圳市",
    "district": "南山区",
    "line1": "科技园南路18号",
    "country": "CN",
}


def book(*names: str) -> AddressBook:
    made = AddressBook()
    for name in names:
        made = addresses.added(made, Address(id=name), is_default=False)
    return made


def ids(made: AddressBook) -> list[str]:
    return [one.id for one in made.addresses]


def wrong(given: dict[str, str]) -> dict[str, str]:
    with pytest.raises(Malformed) as refused:
        addresses.checked(given, "adr_1")
    return {error.field: error.code for error in refused.value.errors}


def test_the_first_address_is_taken_first_until_another_is() -> None:
    made = book("a", "b")
    assert (made.default_id, ids(made)) == ("a", ["a", "b"])
    made = addresses.preferred(made, "b")
    assert [one.id for one in made.default_first] == ["b", "a"]
    assert addresses.added(made, Address(id="c"), is_default=True).default_id == "c"


def test_the_twenty_first_is_refused_and_a_repeated_one_is_not() -> None:
    full = book(*(f"a{number}" for number in range(20)))
    with pytest.raises(TooManyAddresses):
        addresses.added(full, Address(id="more"), is_default=False)
    assert addresses.added(full, Address(id="a7"), is_default=True) == full


def test_an_unknown_address_is_refused() -> None:
    for change in (addresses.removed, addresses.preferred):
        with pytest.raises(NotFound):
            change(book("a"), "b")
    with pytest.raises(NotFound):
        addresses.changed(book("a"), Address(id="b"), is_default=False)


@given(some.lists(some.tuples(some.sampled_from("ARP"), some.integers(0, 4)), max_size=40))
def test_a_book_with_addresses_always_has_one_that_comes_first(steps) -> None:
    made = AddressBook()
    for step, number in steps:
        name = f"a{number}"
        if step == "A":
            made = addresses.added(made, Address(id=name), is_default=number == 3)
        elif name in ids(made):
            made = {"R": addresses.removed, "P": addresses.preferred}[step](made, name)
        assert (made.default_id in ids(made)) if made.addresses else made.default_id == ""


def test_what_is_typed_is_trimmed_and_kept() -> None:
    made = addresses.checked({**LONDON, "name": "  Ada Example ", "district": "ignored"}, "adr_1")
    assert (made.name, made.district, made.id) == ("Ada Example", "", "adr_1")


def test_a_chinese_address_goes_to_checkout_with_its_district_before_the_street() -> None:
    made = addresses.checked(SHENZHEN, "adr_1")
    sent = made.for_checkout()
    assert (sent["line1"], sent["city"], sent["region"]) == (
        "南山区科技园南路18号",
        "深圳市",
        "广东省",
    )
    assert set(sent) == set(LONDON) | {"line2", "region"}


def test_a_city_that_is_its_own_district_is_not_said_twice() -> None:
    given = {**SHENZHEN, "region": "广东省", "city": "东莞市", "district": "东莞市"}
    assert addresses.checked(given, "a").for_checkout()["line1"] == "科技园南路18号"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, dict.fromkeys(("name", "phone", "line1", "city", "country"), "missing")),
        ({**LONDON, "country": "XX"}, {"country": "unknown"}),
        ({**LONDON, "phone": "call me"}, {"phone": "invalid"}),
        ({**LONDON, "line1": "x" * 201}, {"line1": "out_of_range"}),
        ({**LONDON, "name": "Ada\nExample"}, {"name": "out_of_range"}),
        ({**LONDON, "name": "Ada\x07"}, {"name": "out_of_range"}),
        ({**SHENZHEN, "region": "England"}, {"region": "unknown"}),
        ({**SHENZHEN, "city": "杭州市"}, {"city": "unknown"}),
        ({**SHENZHEN, "district": "西湖区"}, {"district": "unknown"}),
    ],
)
def test_every_wrong_field_is_named(given, expected) -> None:
    assert wrong(given) == expected
