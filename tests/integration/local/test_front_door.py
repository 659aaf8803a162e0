"""The front door before a tiny upstream."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.door.front import BODY_BYTES_MAX, Behind, FrontDoor
from infra.local.door.routes import Routes
from infra.local.door.server import Request, Response, Server
from infra.local.door.upstream import Upstream

ROUTES = Routes(
    {
        "/": frozenset({"GET"}),
        "/cart": frozenset({"GET", "POST"}),
        "/p/{slug}": frozenset({"GET"}),
        "/api/v1/products": frozenset({"GET"}),
        "/api/v1/sessions": frozenset({"POST"}),
        "/api/v1/products/{product}": frozenset({"GET"}),
        "/webhooks/payments/{provider}": frozenset({"POST"}),
    }
)
BROWSER = (b"accept", b"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def behind(tmp_path: Path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "shop.css").write_text("body{}")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return Behind(
        aws_port=0,
        api_id="0a1b2c3d",
        api_stage="api",
        media_bucket="local-souk-media",
        static=tmp_path,
        routes=ROUTES,
        rate_per_minute=300,
        concurrency=4,
        failures_only=frozenset({"/api/v1/sessions"}),
    )


@contextlib.asynccontextmanager
async def opened(behind, upstream, clock=None) -> AsyncIterator["Client"]:
    """The door, its upstream and a client, all on free ports."""
    aws_port = await upstream.server.start(0)
    door = FrontDoor(replace(behind, aws_port=aws_port), now=clock or (lambda: 0.0))
    server = Server(door.answer, body_bytes_max=BODY_BYTES_MAX)
    client = Client(await server.start(0), aws_port)
    try:
        yield client
    finally:
        client.connection.close()
        await server.stop()
        door.close()
        await upstream.server.stop()


class Client:
    def __init__(self, port: int, aws_port: int) -> None:
        self.port = port
        self.aws_port = aws_port
        self.connection = Upstream(port)

    async def ask(self, method, target, *headers, body=b"") -> Response:
        return await self.connection.fetch(
            method, target.encode(), [(b"host", b"shop"), *headers], body
        )


def code(response: Response) -> str:
    assert response.header(b"content-type") == b"application/problem+json"
    problem = json.loads(response.body)
    assert problem["status"] == response.status
    assert problem["request_id"] == response.header(b"x-request-id").decode()
    assert {"type", "title", "detail"} <= set(problem)
    return problem["code"]


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
            await client.ask("GET", "/", (b"x-forwarded-for", b"8.8.8.8"))

    run(scenario)
    [seen] = upstream.requests
    forwarded = [value for name, value in seen.headers if name == b"x-forwarded-for"]
    assert forwarded == [b"127.0.0.1"]
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


def test_another_method_is_405_and_names_the_right_ones(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            return await client.ask("DELETE", "/cart")

    response = run(scenario)
    assert response.status == 405
    assert response.header(b"allow") == b"GET, POST"
    assert code(response) == "request.method_not_allowed"
    assert upstream.requests == []


def test_ten_megabytes_pass_and_one_byte_more_is_413(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            most = await client.ask("POST", "/cart", body=b"x" * BODY_BYTES_MAX)
            more = await client.ask("POST", "/cart", body=b"x" * (BODY_BYTES_MAX + 1))
            return most, more

    most, more = run(scenario)
    assert most.status == 200
    assert more.status == 413
    assert code(more) == "request.too_large"
    assert len(upstream.requests) == 1


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(run, behind, upstream):
    async def scenario():
        async with opened(behind, upstream) as client:
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write(b"POST /cart HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
            for _ in range(12):
                writer.write(chunk)
            await writer.drain()
            line = await reader.readline()
            writer.close()
            return line

    assert run(scenario).split()[1] == b"413"
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


def test_a_slow_answer_is_504(run, behind, upstream):
    async def scenario():
        upstream.waits = asyncio.Event()
        async with opened(replace(behind, timeout_s=0.05), upstream) as client:
            response = await client.ask("GET", "/api/v1/products")
            upstream.waits.set()
            return response

    response = run(scenario)
    assert response.status == 504
    assert code(response) == "request.busy"
    assert int(response.header(b"retry-after")) > 0


@pytest.mark.parametrize(
    ("made", "status", "kind"),
    [
        (403, 404, "request.not_found"),
        (429, 429, "request.too_many"),
        (502, 503, "request.busy"),
        (504, 504, "request.busy"),
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


def test_the_rate_is_counted_for_each_route_and_forgotten_after_a_minute(
    run, behind, upstream, clock
):
    async def scenario():
        limited = replace(behind, rate_per_minute=3)
        async with opened(limited, upstream, clock) as client:
            statuses = []
            for second in range(4):
                clock.seconds = 1000.0 + second
                statuses.append((await client.ask("GET", f"/p/teapot-{second}")).status)
            refused = await client.ask("GET", "/p/other")
            other_route = await client.ask("GET", "/cart")
            clock.seconds = 1060.0
            again = await client.ask("GET", "/p/teapot")
            return statuses, refused, other_route, again

    statuses, refused, other_route, again = run(scenario)
    assert statuses == [200, 200, 200, 429]
    assert code(refused) == "request.too_many"
    assert refused.header(b"retry-after") == b"57"
    assert other_route.status == 200
    assert again.status == 200


def test_sign_ins_count_only_when_they_fail(run, behind, upstream):
    headers = [(b"X-Request-Id", b"app-1")]
    upstream.answers = [Response(201, headers)] * 5 + [Response(401, headers)] * 2

    async def scenario():
        async with opened(replace(behind, rate_per_minute=2), upstream) as client:
            return [(await client.ask("POST", "/api/v1/sessions")).status for _ in range(8)]

    assert run(scenario) == [201] * 5 + [401] * 2 + [429]


def test_no_more_requests_at_once_than_the_machine_works_on(run, behind, upstream):
    async def scenario():
        upstream.waits = asyncio.Event()
        async with opened(replace(behind, concurrency=3), upstream) as client:
            asked = [asyncio.create_task(client.ask("GET", "/")) for _ in range(12)]
            await upstream.third_came.wait()
            upstream.waits.set()
            return [(await one).status for one in asked]

    assert run(scenario) == [200] * 12
    assert upstream.at_once_most == 3


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
