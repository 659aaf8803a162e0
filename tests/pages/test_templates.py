"""House rules for templates and words, held over all of them at once."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from chalicelib.web.i18n import LOCALES, words
from chalicelib.web.render import environment, templates_root
from infra import messages

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(templates_root()).as_posix()
    for folder in ("pages", "console")
    for path in (templates_root() / folder).rglob("*.html")
)
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "chalicelib").rglob("*.py"))
ARITHMETIC = re.compile(r"{[{%][^}]*[^\s\"']\s[-+*/]\s[^}]*[}%]}")


def source(name: str) -> str:
    return (templates_root() / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
class TestPage:
    def test_it_extends_a_layout_and_sets_a_title(self, name) -> None:
        layout = r'"layouts/(shop|console)\.html"|"layouts/" ~ frame\.area ~ "\.html"'
        assert re.match(rf"{{% extends ({layout}) %}}", source(name))
        assert "{% block title %}" in source(name)

    def test_it_is_shown_by_some_handler(self, name) -> None:
        shown = name.replace("not-found", "{template}").replace("refused", "{template}")
        assert f'"{name}"' in CODE or f'"{shown}"' in CODE

    def test_its_forms_carry_the_token(self, name) -> None:
        forms = re.findall(r'<form[^>]*method="post".*?</form>', source(name), re.DOTALL)
        for form in forms:
            goes_elsewhere = (
                'action="{{ one.url }}"' in form
            )  # to the bucket, which may not know it
            assert ("{{ csrf() }}" in form) is not goes_elsewhere

    def test_it_compiles_and_does_no_sums(self, name) -> None:
        environment().get_template(name)
        assert not ARITHMETIC.search(source(name).replace(' else "" ', ""))

    def test_every_field_has_its_label(self, name) -> None:
        soup = BeautifulSoup(source(name), "html.parser")
        for one in soup.select("input, select, textarea"):
            if one.get("type") in {"hidden", "radio", "checkbox"}:
                continue
            has_label = one.get("aria-label") or soup.select(f'label[for="{one.get("id")}"]')
            assert has_label, f"{one} has no label"


class TestWords:
    @pytest.mark.parametrize("language", messages.LANGUAGES)
    def test_no_sentence_lacks_its_words(self, language) -> None:
        assert messages.missing(messages.updated(language)) == []

    @pytest.mark.parametrize("language", messages.LANGUAGES)
    def test_the_catalogue_holds_no_sentence_that_is_gone(self, language) -> None:
        held = {one.id for one in messages.catalogue(language)}
        assert held - {""} <= set(messages.sentences())

    @pytest.mark.parametrize("language", messages.LANGUAGES)
    def test_the_compiled_catalogue_is_fresh(self, language) -> None:
        fresh = messages.compiled(messages.catalogue(language))
        assert messages.mo_path(language).read_bytes() == fresh

    @pytest.mark.parametrize("language", messages.LANGUAGES)
    def test_a_translation_takes_what_its_sentence_gives(self, language) -> None:
        for one in messages.catalogue(language):
            ids = [one.id] if isinstance(one.id, str) else list(one.id)
            texts = [one.string] if isinstance(one.string, str) else list(one.string)
            for text in texts:
                assert placeholders(text) <= placeholders(ids[-1]), one.id

    def test_every_language_writes_money_and_days(self) -> None:
        from chalicelib.kernel.money import Money

        written = {name: words(name).money(Money(-123_456, "CNY")).text for name in LOCALES}
        assert written == {"en": "−CN¥1,234.56", "zh-CN": "−¥1,234.56"}
        assert words("en").money(Money(500, "JPY")).text == "¥500"
        at = "2026-03-02T09:05:00.000Z"
        assert words("en").moment(at).text == "2 Mar 2026 09:05 UTC"
        assert words("zh-CN").day(at).text == "2026年3月2日"


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))
