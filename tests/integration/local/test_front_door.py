"""The front door before a tiny upstream: what passes, and what it says by itself."""

import asyncio
from dataclasses import replace

import pytest

from infra.local.door.front import FrontDoor
from infra.local.door.server import Request, Response
from infra.local.door.upstream import Upstream
from tests.makers.front_door import BROWSER, code, opened


def test_passes_method_target_headers_and_body_unchanged(run, behind, upstream):
    body = bytes(range(256)) * 9

    async def scenario():
        async with opened(behind, upstream) as client:
            target = "/webhooks/payments/sandbox?q=%E4%B8%AD&q=a+b&empty="
            signed = (b"webhook-signature", b"v1,abc==")
            await client.ask("POST", target, signed, (b"cookie", b"a=1; b=2"), body=body)
            return client.aws_port

    aws_port = run(scenario)
    [seen] = upstream.requests
    assert seen.method == "POST"
    assert seen.target == b"/api/webhooks/payments/sandbox?q=%E4%B8%AD&q=a+b&empty="
    assert seen.body == body
    assert seen.header(b"webhook-signature") == b"v1,abc=="
    assert seen.header(b"cookie") == b"a=1; b=2"
    assert seen.header(b"host") == f"0a1b2c3d.execute-api.127.0.0.1:{aws_port}".encode()


def test_tells_who_asks_and_believes_nobody_about_it(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            forged = [(b"x-forwarded-for", b"8.8.8.8"), (b"x-viewer-address", b"8.8.8.8")]
            await client.ask("GET", "/", *forged, (b"x-souk-edge", b"guessed"))

    run(scenario)
    [seen] = upstream.requests
    forwarded = [value for name, value in seen.headers if name == b"x-forwarded-for"]
    assert forwarded == [b"127.0.0.1"]
    assert [value for name, value in seen.headers if name == b"x-viewer-address"] == [b"127.0.0.1"]
    assert [value for name, value in seen.headers if name == b"x-souk-edge"] == [b"edge secret"]
    assert seen.header(b"x-forwarded-proto") == b"http"


def test_answers_keep_each_cookie_binary_bodies_and_the_request_id(run, behind, upstream):
    cookies = [(b"Set-Cookie", b"a=1; Path=/"), (b"Set-Cookie", b"b=2")]
    body = bytes(range(256))
    headers = [*cookies, (b"Content-Type", b"image/webp"), (b"X-Request-Id", b"app-1")]
    upstream.answers = [Response(200, headers, body)]

    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("GET", "/p/teapot")

    response = run(scenario)
    assert [value for name, value in response.headers if name == b"set-cookie"] == [
        b"a=1; Path=/",
        b"b=2",
    ]
    assert response.body == body
    assert response.header(b"x-request-id") == b"app-1"


def test_adds_a_request_id_where_the_application_gave_none(run, behind, upstream):
    upstream.answers = [Response(200, [(b"Content-Type", b"text/plain")], b"ok")]

    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("GET", "/"), await client.ask("GET", "/static/css/shop.css")

    page, file = run(scenario)
    assert len(page.header(b"x-request-id")) == 36
    assert len(file.header(b"x-request-id")) == 36


def test_head_is_a_get_without_its_body(run, behind, upstream):
    upstream.answers = [Response(200, [(b"X-Request-Id", b"app-1")], b"hello")]

    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("HEAD", "/")

    response = run(scenario)
    assert upstream.requests[0].method == "GET"
    assert response.body == b""
    assert response.header(b"content-length") == b"5"


@pytest.mark.parametrize("path", ["/nothing", "/p", "/p/", "/p/a/b", "/cart/", "/API/v1/products"])
def test_an_unknown_path_is_404_without_asking_the_api(run, behind, upstream, path):
    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("GET", path)

    response = run(scenario)
    assert response.status == 404
    assert code(response) == "request.not_found"
    assert upstream.requests == []


def test_a_browser_gets_a_page_in_its_language(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            english = await client.ask("GET", "/nothing", BROWSER)
            chinese = await client.ask(
                "GET", "/nothing", BROWSER, (b"accept-language", b"zh-CN,zh;q=0.9")
            )
            api = await client.ask("GET", "/api/v1/nothing", BROWSER)
            return english, chinese, api

    english, chinese, api = run(scenario)
    assert english.header(b"content-type") == b"text/html; charset=utf-8"
    assert "<h1>There is nothing here</h1>" in english.body.decode()
    assert '<html lang="zh-CN">' in chinese.body.decode()
    assert "找不到这个页面" in chinese.body.decode()
    assert b"[[" not in english.body
    assert code(api) == "request.not_found"


def test_a_browser_is_led_from_localhost_to_the_shop_s_own_address(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            door = Upstream(client.port)
            host = (b"host", b"localhost:8000")
            person = await door.fetch("GET", b"/p/teapot?a=%20", [host, BROWSER], b"")
            program = await door.fetch("GET", b"/api/v1/products", [host], b"")
            named = [
                (await door.fetch("GET", path, [host, BROWSER], b"")).status
                for path in (b"/account/sign-in", b"/zh/account", b"/accounts")
            ]
            door.close()
            return person, program, named

    person, program, named = run(scenario)
    assert named == [404, 404, 307], (
        "the first two reach the routes, where these tests have no such"
    )
    assert person.status == 307
    assert person.header(b"location") == b"http://127.0.0.1:8000/p/teapot?a=%20"
    assert program.status == 200
    assert len(upstream.requests) == 1


def test_another_method_is_405_and_names_the_right_ones(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("DELETE", "/cart")

    response = run(scenario)
    assert response.status == 405
    assert response.header(b"allow") == b"GET, POST"
    assert code(response) == "request.method_not_allowed"
    assert upstream.requests == []


def test_nothing_behind_the_door_is_503_with_a_time_to_come_back(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            await upstream.server.stop()
            return (
                await client.ask("GET", "/api/v1/products"),
                await client.ask("GET", "/", BROWSER),
                await client.ask("GET", "/media/a.webp"),
            )

    program, person, picture = run(scenario)
    assert code(program) == "request.busy"
    assert "We are back in a moment" in person.body.decode()
    for response in (program, person, picture):
        assert response.status == 503
        assert int(response.header(b"retry-after")) > 0


def test_an_upstream_that_hangs_up_is_503_and_a_post_is_not_repeated(run, behind):
    asked = []

    async def hang_up(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async def scenario():
        dead = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = dead.sockets[0].getsockname()[1]
        door = FrontDoor(replace(behind, aws_port=port))
        response = await door.answer(Request("POST", b"/cart", [(b"host", b"shop")]))
        dead.close()
        return response

    assert run(scenario).status == 503
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("made", "status", "kind"),
    [
        (403, 404, "request.not_found"),
        (429, 429, "request.too_many"),
        (502, 503, "request.busy"),
        (504, 503, "request.busy"),
        (400, 400, "request.malformed"),
    ],
)
def test_answers_of_the_gateway_itself_get_the_shape_of_every_refusal(
    run, behind, upstream, made, status, kind
):
    headers = [(b"Content-Type", b"application/json")]
    upstream.answers = [Response(made, headers, b'{"message":"Internal server error"}')]

    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("GET", "/api/v1/products")

    response = run(scenario)
    assert response.status == status
    assert code(response) == kind


def test_refusals_of_the_application_pass_untouched(run, behind, upstream):
    headers = [(b"Content-Type", b"application/problem+json"), (b"X-Request-Id", b"app-1")]
    upstream.answers = [Response(404, headers, b'{"code":"request.not_found"}')]

    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("GET", "/api/v1/products/prd_1")

    assert run(scenario).body == b'{"code":"request.not_found"}'


def test_bytes_that_are_no_request_are_answered_with_400(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write(b"\x16\x03\x01 hello\r\n\r\n")
            line = await reader.readline()
            writer.close()
            return line

    assert run(scenario).split()[1] == b"400"


def test_connections_are_kept_on_both_sides(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            for _ in range(5):
                await client.ask("GET", "/")
            return len(upstream.server._connections)

    assert run(scenario) == 1
