"""Pasted addresses: what people copy out of chats, mails and other shops."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import asdict

from chalicelib.contexts.members.model.addresses import LENGTHS_MAX
from chalicelib.contexts.members.model.parsing import parsed


def found(pasted: str) -> dict[str, str]:
    return {name: value for name, value in asdict(parsed(pasted)).items() if value}


def chinese(*parts: str, **more: str) -> dict[str, str]:
    names = ("name", "phone", "region", "city", "district", "line1")
    return dict(zip(names, parts, strict=True)) | {"country": "CN"} | more


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (
            "张三 13812345678 广东省深圳市南山区科技园南路18号A栋1201室",
            chinese("张三", "13812345678", "广东省", "深圳市", "南山区", "科技园南路18号A栋1201室"),
        ),
        (
            """收货人：李小明
            手机号码：+86 138-1234-5678
            所在地区：北京市朝阳区
            详细地址：建国路88号C座 邮编:100022""",
            chinese(
                "李小明",
                "13812345678",
                "北京市",
                "北京市",
                "朝阳区",
                "建国路88号C座",
                postal_code="100022",
            ),
        ),
        (
            "上海浦东新区世纪大道100号 王芳 021-58881234",
            chinese("王芳", "021-58881234", "上海市", "上海市", "浦东新区", "世纪大道100号"),
        ),
        (
            "浙江杭州西湖区文三路 90 号，陈晨，13900001111",
            chinese("陈晨", "13900001111", "浙江省", "杭州市", "西湖区", "文三路90号"),
        ),
        (
            "济源市 沁园街道1号 赵六 13711112222",
            chinese("赵六", "13711112222", "河南省", "济源市", "济源市", "沁园街道1号"),
        ),
        (
            "Ada Lovelace\n12 St James's Square\nLondon SW1Y 4JH\nUnited Kingdom\n+44 20 7946 0000",
            {
                "name": "Ada Lovelace",
                "phone": "+44 20 7946 0000",
                "line1": "12 St James's Square",
                "city": "London",
                "postal_code": "SW1Y 4JH",
                "country": "GB",
            },
        ),
        (
            "John Smith, 1600 Amphitheatre Pkwy, Mountain View, CA 94043, USA, (650) 253-0000",
            {
                "name": "John Smith",
                "phone": "(650) 253-0000",
                "line1": "1600 Amphitheatre Pkwy",
                "city": "Mountain View",
                "region": "CA",
                "postal_code": "94043",
                "country": "US",
            },
        ),
        (
            "Max Mustermann\nMusterstraße 1\n10115 Berlin\nGermany\nTel: +49 30 123456",
            {
                "name": "Max Mustermann",
                "phone": "+49 30 123456",
                "line1": "Musterstraße 1",
                "city": "Berlin",
                "postal_code": "10115",
                "country": "DE",
            },
        ),
    ],
)
def test_an_address_is_taken_apart(pasted: str, expected: dict[str, str]) -> None:
    assert found(pasted) == expected


@given(
    some.text(max_size=200)
    | some.lists(some.sampled_from(["广东", "市", "1", "\n", " ", "张", ","])).map("".join)
)
def test_nothing_that_is_pasted_breaks_it_or_outgrows_the_fields(pasted: str) -> None:
    for name, value in asdict(parsed(pasted)).items():
        assert name == "id" or len(value) <= LENGTHS_MAX[name]
