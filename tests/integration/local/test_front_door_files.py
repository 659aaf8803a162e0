"""The front door's files: `/static` from the checkout, `/media` from its bucket."""

import pytest

from infra.local.door.server import Response
from tests.makers.front_door import code, opened


def test_static_files_have_their_type_and_are_revalidated(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            first = await client.ask("GET", "/static/css/shop.css")
            tag = first.header(b"etag")
            again = await client.ask("GET", "/static/css/shop.css", (b"if-none-match", tag))
            return first, again

    first, again = run(scenario)
    assert (first.status, first.body) == (200, b"body{}")
    assert first.header(b"content-type") == b"text/css; charset=utf-8"
    assert (again.status, again.body) == (304, b"")
    assert upstream.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/css/..%2f..%2f..%2fsecret.txt",
        "/static//etc/passwd",
        "/static/css",
        "/static/css/shop.css%00",
        "/static/%ff",
        "/_door/front.py",
    ],
)
def test_nothing_outside_the_static_folder_is_served(run, behind, upstream, path):
    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("GET", path)

    response = run(scenario)
    assert response.status == 404
    assert b"secret" not in response.body


def test_pictures_come_from_their_bucket(run, behind, upstream):
    headers = [(b"Content-Type", b"image/webp"), (b"x-amz-id-2", b"x"), (b"ETag", b'"1"')]
    upstream.answers = [Response(200, headers, b"picture"), Response(404, [], b"<Error/>")]

    async def scenario():
        async with opened(behind, upstream) as client:
            found = await client.ask("GET", "/media/prd_1/0.webp")
            missing = await client.ask("GET", "/media/none.webp")
            written = await client.ask("PUT", "/media/prd_1/0.webp", body=b"x")
            return found, missing, written

    found, missing, written = run(scenario)
    assert upstream.requests[0].target == b"/local-souk-media/prd_1/0.webp"
    assert found.body == b"picture"
    assert found.header(b"content-type") == b"image/webp"
    assert not found.header(b"x-amz-id-2")
    assert code(missing) == "request.not_found"
    assert written.status == 405
    assert len(upstream.requests) == 2
