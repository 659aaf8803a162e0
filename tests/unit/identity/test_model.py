"""Logins, passwords and waits."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.contexts.identity.model import (
    LIFETIMES,
    Audience,
    new_password,
    normal_email,
    normal_login,
    normal_password,
    normal_phone,
    plain_name,
    throttle_s,
)
from chalicelib.kernel.errors import Malformed


class TestEmail:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Ada@Example.COM", "ada@example.com"),
            ("  ada+shop@ex.co.uk ", "ada+shop@ex.co.uk"),
            ("rene\u0301@caf\u00e9.example", "ren\u00e9@caf\u00e9.example"),
            ("李@例子.example", "李@例子.example"),
        ],
    )
    def test_is_kept_one_way(self, given: str, kept: str) -> None:
        assert normal_email(given) == kept

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "a da@example.com",
            "ada@exa mple.com",
            "ada@example.com, eve@example.com",
            "ada@@example.com",
            "ada\x00@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "<ada@example.com>",
            "a" * 250 + "@ex.com",
        ],
    )
    def test_what_is_none_is_refused_with_its_field(self, given: str) -> None:
        with pytest.raises(Malformed) as refused:
            normal_email(given)
        assert [error.field for error in refused.value.errors] == ["email"]


class TestPhone:
    @pytest.mark.parametrize(
        "given",
        ["+44 20 7946 0958", "0044 (20) 7946-0958", "442079460958", "+44.20.7946.0958"],
    )
    def test_every_way_of_writing_is_the_same_number(self, given: str) -> None:
        assert normal_phone(given) == "+442079460958"

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "12",
            "+0123456789",
            "phone",
            "+44 20 7946 0958 123456",
            "٤٤٢٠٧٩٤٦٠٩٥٨",
            "++442079460958",
        ],
    )
    def test_what_is_none_is_refused_with_its_field(self, given: str) -> None:
        with pytest.raises(Malformed) as refused:
            normal_phone(given)
        assert [error.field for error in refused.value.errors] == ["phone"]


class TestLogin:
    def test_is_one_of_the_two(self) -> None:
        assert normal_login("A@b.cc", None) == "a@b.cc"
        assert normal_login(None, "+442079460958") == "+442079460958"

    @pytest.mark.parametrize(("email", "phone"), [(None, None), ("a@b.cc", "+442079460958")])
    def test_is_not_both_and_not_neither(self, email: str | None, phone: str | None) -> None:
        with pytest.raises(Malformed):
            normal_login(email, phone)


class TestPassword:
    def test_written_in_two_unicode_forms_is_the_same(self) -> None:
        assert normal_password("cafe\u0301 \uff21\uff22") == normal_password("caf\u00e9 AB")

    def test_keeps_its_spaces_and_case(self) -> None:
        assert new_password(" Correct Horse ") == " Correct Horse "

    @pytest.mark.parametrize("given", ["", "seven77", "x" * 257])
    def test_of_the_wrong_length_is_refused(self, given: str) -> None:
        with pytest.raises(Malformed):
            new_password(given)

    @pytest.mark.parametrize("given", ["eight888", "x" * 256, "密码密码密码密码"])
    def test_of_any_letters_is_taken(self, given: str) -> None:
        assert new_password(given) == given


class TestName:
    def test_is_trimmed_and_composed(self) -> None:
        assert plain_name("  Zoe\u0308 ") == "Zo\u00eb"

    @pytest.mark.parametrize("given", ["x" * 101, "a\x07b", "a\nb", "a\u2028b"])
    def test_over_long_or_over_lines_is_refused(self, given: str) -> None:
        with pytest.raises(Malformed):
            plain_name(given)


class TestThrottle:
    def test_the_first_failures_cost_nothing_and_then_the_wait_doubles(self) -> None:
        assert [throttle_s(failures) for failures in range(10)] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16]

    def test_the_wait_has_an_end(self) -> None:
        assert throttle_s(14) == 512
        assert throttle_s(15) == throttle_s(10_000) == 900


class TestLifetime:
    def test_use_prolongs_a_session_up_to_its_absolute_end(self) -> None:
        begun = datetime(2026, 1, 1, tzinfo=UTC)
        console = LIFETIMES[Audience.CONSOLE]
        assert console.until(begun, begun) == begun + timedelta(hours=2)
        assert console.until(begun, begun + timedelta(hours=1)) == begun + timedelta(hours=3)
        assert console.until(begun, begun + timedelta(hours=11)) == begun + timedelta(hours=12)
