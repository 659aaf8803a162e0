"""Public pages from a copy, for as long as they say: as CloudFront keeps them."""

import pytest

from infra.local.door.server import Response
from tests.makers.front_door import Clock, opened

SHARED = (b"Cache-Control", b"public, max-age=0, s-maxage=5, stale-while-revalidate=2")


def page(text: bytes, *headers: tuple[bytes, bytes]) -> Response:
    return Response(200, [(b"Content-Type", b"text/html"), *headers], text)


def told(upstream) -> list[bytes]:
    return [request.target for request in upstream.requests]


def test_one_copy_serves_every_visitor_while_it_is_fresh(run, behind, upstream) -> None:
    upstream.answers = [page(b"one", SHARED), page(b"two", SHARED)]
    clock = Clock()

    async def scenario():
        async with opened(behind, upstream, clock) as client:
            first = await client.ask("GET", "/p/tea", (b"cookie", b"souk_session=a"))
            clock.seconds += 4.9
            second = await client.ask("GET", "/p/tea", (b"cookie", b"souk_session=b"))
            clock.seconds += 2.2
            third = await client.ask("GET", "/p/tea")
            return first, second, third

    first, second, third = run(scenario)
    assert [one.body for one in (first, second, third)] == [b"one", b"one", b"two"]
    assert second.header(b"age") == b"4"
    assert second.header(b"x-cache") == b"Hit"
    assert [request.header(b"cookie") for request in upstream.requests] == [b"", b""]


def test_a_stale_copy_is_shown_once_more_while_it_is_made_anew(run, behind, upstream) -> None:
    upstream.answers = [page(b"one", SHARED), page(b"two", SHARED)]
    clock = Clock()

    async def scenario():
        async with opened(behind, upstream, clock) as client:
            await client.ask("GET", "/p/tea")
            clock.seconds += 6
            stale = await client.ask("GET", "/p/tea")
            seen = [stale.body]
            while seen[-1] == b"one":
                seen.append((await client.ask("GET", "/p/tea")).body)
            return seen

    assert run(scenario)[-1] == b"two"
    assert len(upstream.requests) == 2


def test_each_language_and_each_address_has_its_own_copy(run, behind, upstream) -> None:
    upstream.answers = [page(str(number).encode(), SHARED) for number in range(5)]
    wanted = ["/en/p/tea", "/zh/p/tea", "/p/tea", "/en/p/tea?variant=S", "/en/p/cup"]

    async def scenario():
        async with opened(behind, upstream) as client:
            first = [(await client.ask("GET", path)).body for path in wanted]
            again = [(await client.ask("GET", path)).body for path in wanted]
            return first, again

    first, again = run(scenario)
    assert first == again == [b"0", b"1", b"2", b"3", b"4"]
    assert len(upstream.requests) == 5


@pytest.mark.parametrize(
    "answer",
    [
        page(b"x", (b"Cache-Control", b"no-store")),
        page(b"x"),
        page(b"x", SHARED, (b"Set-Cookie", b"a=1")),
        Response(404, [SHARED, (b"X-Request-Id", b"1")], b"x"),
    ],
)
def test_what_does_not_say_so_is_kept_nowhere(run, behind, upstream, answer) -> None:
    upstream.answers = [answer, answer]

    async def scenario():
        async with opened(behind, upstream) as client:
            await client.ask("GET", "/p/tea")
            await client.ask("GET", "/p/tea")

    run(scenario)
    assert told(upstream) == [b"/api/p/tea", b"/api/p/tea"]


def test_a_personal_page_is_asked_for_each_time_whatever_it_says(run, behind, upstream) -> None:
    upstream.answers = [page(b"x", SHARED), page(b"x", SHARED)]

    async def scenario():
        async with opened(behind, upstream) as client:
            await client.ask("GET", "/cart", (b"cookie", b"souk_cart=a"))
            await client.ask("GET", "/cart", (b"cookie", b"souk_cart=b"))

    run(scenario)
    assert [request.header(b"cookie") for request in upstream.requests] == [
        b"souk_cart=a",
        b"souk_cart=b",
    ]


def test_a_change_is_seen_at_the_next_call(run, behind, upstream) -> None:
    upstream.answers = [page(b"one", SHARED), Response(200, [], b""), page(b"two", SHARED)]

    async def scenario():
        async with opened(behind, upstream) as client:
            await client.ask("GET", "/p/tea")
            await client.ask("POST", "/cart")
            return await client.ask("GET", "/p/tea")

    assert run(scenario).body == b"two"
