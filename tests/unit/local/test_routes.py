"""Which route of the API a raw path belongs to."""

import pytest

from infra.local.door.routes import Routes

GET = frozenset({"GET"})
ROUTES = Routes(
    dict.fromkeys(
        [
            "/",
            "/search",
            "/c/{category}",
            "/api/v1/me",
            "/api/v1/me/coupons",
            "/api/v1/{anything}/purchases",
            "/api/v1/carts/{cart}/lines/{sku}",
        ],
        GET,
    )
)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        (b"/", "/"),
        (b"/search", "/search"),
        (b"/c/tea", "/c/{category}"),
        (b"/c/%E8%8C%B6", "/c/{category}"),
        (b"/c/a%2Fb", "/c/{category}"),
        (b"/%73earch", "/search"),
        (b"/api/v1/me/coupons", "/api/v1/me/coupons"),
        (b"/api/v1/me/purchases", "/api/v1/{anything}/purchases"),
        (b"/api/v1/carts/crt_1/lines/acme.TEE-M", "/api/v1/carts/{cart}/lines/{sku}"),
    ],
)
def test_a_literal_segment_goes_before_a_variable_one(path, template):
    found = ROUTES.match(path)
    assert found is not None
    assert found.template == template
    assert found.methods == GET


@pytest.mark.parametrize(
    "path",
    [b"", b"//", b"/c", b"/c/", b"/c//", b"/c/a/b", b"/search/", b"/api", b"/api/v1/carts/a/lines"],
)
def test_what_the_api_does_not_have_matches_nothing(path):
    assert ROUTES.match(path) is None
