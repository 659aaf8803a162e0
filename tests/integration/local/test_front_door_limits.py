"""The front door's limits: size, time, rate, and how much is worked on at once."""

import asyncio
from dataclasses import replace

from infra.local.door.front import BODY_BYTES_MAX
from infra.local.door.server import Response
from tests.makers.front_door import code, opened


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


def test_a_slow_answer_is_503_with_a_time_to_come_back(run, behind, upstream):
    async def scenario():
        upstream.waits = asyncio.Event()
        async with opened(replace(behind, timeout_s=0.05), upstream) as client:
            response = await client.ask("GET", "/api/v1/products")
            upstream.waits.set()
            return response

    response = run(scenario)
    assert response.status == 503
    assert code(response) == "request.busy"
    assert int(response.header(b"retry-after")) > 0


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
