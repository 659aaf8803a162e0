"""A language before a path: put there once, and taken off again."""

import pytest

from chalicelib.web.addresses import bare, in_language


@pytest.mark.parametrize(
    ("path", "chinese"),
    [
        ("/", "/zh/"),
        ("/#categories", "/zh/#categories"),
        ("/p/tea?variant=S", "/zh/p/tea?variant=S"),
        ("/english", "/zh/english"),
        ("/zh/p/tea", "/zh/p/tea"),
        ("/en/p/tea", "/en/p/tea"),
        ("/zh?sort=name", "/zh?sort=name"),
        ("/console/orders", "/console/orders"),
        ("/api/v1/health", "/api/v1/health"),
        ("/media/a.webp", "/media/a.webp"),
        ("/locale/en?next=/", "/locale/en?next=/"),
        ("https://elsewhere.example/", "https://elsewhere.example/"),
        ("//elsewhere.example/", "//elsewhere.example/"),
        ("", ""),
    ],
)
def test_only_pages_of_the_shop_get_a_language_and_only_one(path: str, chinese: str) -> None:
    assert in_language("zh-CN", path) == chinese
    assert in_language("", path) == path


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/zh", "/"),
        ("/en/", "/"),
        ("/zh?q=1", "/?q=1"),
        ("/zh/p/tea", "/p/tea"),
        ("/english", "/english"),
        ("/zhou/x", "/zhou/x"),
        ("/p/en/x", "/p/en/x"),
    ],
)
def test_the_prefix_is_a_whole_segment(path: str, rest: str) -> None:
    assert bare(path) == rest
