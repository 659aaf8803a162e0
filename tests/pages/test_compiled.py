"""Templates as modules, as the package carries them: the same pages, sooner."""

import pytest
from jinja2 import ModuleLoader

from chalicelib.web import render
from chalicelib.web.render import environment, templates_root
from tests.makers.walk import walked


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    target = tmp_path_factory.mktemp("compiled")
    render.compile_templates(templates_root(), target)
    return target


def test_every_template_of_a_page_has_its_module(compiled) -> None:
    names = {path.name for path in compiled.glob("*.py")}
    root = templates_root()
    sources = [path.relative_to(root).as_posix() for path in root.rglob("*.html")]
    wanted = {ModuleLoader.get_module_filename(one) for one in sources if render.is_page(one)}
    assert names == wanted


def test_where_nothing_is_compiled_the_sources_are_read(tmp_path) -> None:
    made = render.loader(templates_root(), tmp_path / "absent")
    assert "layouts/base.html" in made.list_templates()


def test_pages_are_the_same_from_modules(compiled, browser, listed, monkeypatch) -> None:
    from_modules = environment().overlay(loader=render.loader(templates_root(), compiled))
    plain = walked(browser, listed)
    monkeypatch.setattr(render, "environment", lambda: from_modules)
    for name in ("home", "a search", "a product", "help", "nothing"):
        again = browser.get(plain[name].address)
        for part in ("header", "h1", "footer"):
            assert again.soup.select_one(part) == plain[name].soup.select_one(part), name
