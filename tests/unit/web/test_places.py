"""Addresses on lines, as their country writes them."""

import pytest

from chalicelib.contexts.orders.model.values import Address
from chalicelib.web.i18n import words
from chalicelib.web.places import address_lines


def told(line1: str, city: str, region: str, postal_code: str, country: str) -> Address:
    return Address("Ada Example", "+442079460000", line1, "", city, region, postal_code, country)


@pytest.mark.parametrize(
    ("address", "english", "chinese"),
    [
        (
            told("1 Example Street", "London", "", "N1 1AA", "GB"),
            ["1 Example Street", "London N1 1AA", "United Kingdom"],
            ["1 Example Street", "London N1 1AA", "英国"],
        ),
        (
            told("Weg 1", "Berlin", "", "10115", "DE"),
            ["Weg 1", "10115 Berlin", "Germany"],
            ["Weg 1", "10115 Berlin", "德国"],
        ),
        (
            told("南山区科技路 1 号", "深圳市", "广东省", "518000", "CN"),
            ["China 广东省 深圳市", "南山区科技路 1 号 518000"],
            ["中国 广东省 深圳市", "南山区科技路 1 号 518000"],
        ),
        (
            told("Chang'an 1", "北京市", "北京市", "", "CN"),
            ["China 北京市", "Chang'an 1"],
            ["中国 北京市", "Chang'an 1"],
        ),
    ],
)
def test_a_country_has_its_order(address: Address, english: list[str], chinese: list[str]) -> None:
    assert address_lines(address, words("en")) == english
    assert address_lines(address, words("zh-CN")) == chinese
