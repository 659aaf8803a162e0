"""Pictures: fetched from checked addresses, kept once, tried again."""

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib.aws import retries
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service, workers
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.catalog.model.wanted import Wanted
from chalicelib.contexts.catalog.service import (
    fetch,
    importer,
    imports,
    keeping,
    pictures,
    write,
)
from chalicelib.contexts.catalog.service.fetch import CannotFetch, is_public
from chalicelib.contexts.catalog.service.jobs import FetchPictures, RunImport
from chalicelib.contexts.catalog.store import imports as import_rows
from chalicelib.contexts.catalog.store import products as store
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy
from tests.integration.catalog.test_imports import TICK
from tests.makers.far_host import GIF, JPEG, PNG, WEBP, FarHost, far_host
from tests.makers.people import Seller, a_merchant
from tests.makers.products import a_product
from tests.makers.queues import drain, hand
from tests.makers.rows import facts, of_kind
from tests.makers.sheets import a_row, a_sheet, a_variant


@pytest.fixture
def far(stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[FarHost]]]:
    """The far host, which the stage's settings let through the guard against private addresses."""
    with far_host() as (host, kind):
        monkeypatch.setenv("SOUK_PICTURE_HOSTS", host)
        settings.cache_clear()
        yield host, kind


@pytest.fixture
def seller(stage) -> Seller:
    return a_merchant()


def work() -> int:
    return drain(settings().catalog_pictures_queue_url, workers.catalog_on_picture)


def kept() -> dict[str, bytes]:
    """Every picture in the bucket."""
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=settings().media_bucket).get("Contents", [])
    return {
        one["Key"]: s3.get_object(Bucket=settings().media_bucket, Key=one["Key"])["Body"].read()
        for one in listed
    }


def shown(seller: Seller, product: Product) -> list[str]:
    return [one.url for one in service.own(seller.actor, product.id).content.media]


def with_pictures(seller: Seller, *urls: str) -> Product:
    return a_product(seller, media=tuple((url, "") for url in urls))


def fetched(url: str) -> bytes:
    return fetch.fetch(url, bytes_max=20_000_000)


class TestFetch:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/a.png", PNG),
            ("/b.jpg", JPEG),
            ("/c.gif", GIF),
            ("/d.webp", WEBP),
            ("/to/a.png", PNG),
            ("/to/to/to/a.png", PNG),
            ("/a.png?v=1", PNG),
        ],
    )
    def test_a_file_comes_byte_for_byte(self, far: Any, path: str, body: bytes) -> None:
        assert fetched(f"http://{far[0]}{path}") == body

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("/nothing.png", "the answer is 404"),
            ("/large.png", "too large"),
            ("/short.png", "breaks off"),
            ("/round", "too many redirects"),
            ("/to/to/to/to/a.png", "too many redirects"),
            ("/inside", "not a public address"),
            ("/elsewhere", "no http or https address"),
        ],
    )
    def test_anything_else_is_not_taken(self, far: Any, path: str, reason: str) -> None:
        with pytest.raises(CannotFetch, match=reason):
            fetched(f"http://{far[0]}{path}")

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://far.example/a.png",
            "file:///etc/passwd",
            "http://",
            "http://user:word@far.example/a.png",
            "http://far.example:99999/a.png",
            "http://[::1/a.png",
            "gopher://127.0.0.1/",
            "",
        ],
    )
    def test_what_is_no_web_address_is_not_asked(self, stage, url: str) -> None:
        with pytest.raises(CannotFetch):
            fetched(url)

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "localhost",
            "10.1.2.3",
            "169.254.169.254",
            "[::1]",
            "0.0.0.0",
            "192.168.0.1",
            "172.16.0.1",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0x7f000001",
            "127.1",
        ],
    )
    def test_addresses_inside_the_house_are_refused(self, stage, host: str) -> None:
        with pytest.raises(CannotFetch, match=r"not a public address|not known") as refused:
            fetched(f"http://{host}/a.png")
        assert refused.value.is_host

    def test_a_name_that_leads_inside_is_refused(self, stage, monkeypatch) -> None:
        def looked_up(host: str, port: int, **_: Any) -> list[Any]:
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in ("93.184.216.34", "10.0.0.1")
            ]

        monkeypatch.setattr(fetch.socket, "getaddrinfo", looked_up)
        with pytest.raises(CannotFetch, match=r"far\.example is not a public address"):
            fetched("https://far.example/a.png")

    def test_the_address_that_was_checked_is_the_one_that_is_asked(
        self, far: Any, monkeypatch
    ) -> None:
        """A name that leads elsewhere the second time is never looked up a second time."""
        port = far[0].partition(":")[2]
        monkeypatch.setenv("SOUK_PICTURE_HOSTS", f"far.example:{port}")
        settings.cache_clear()
        names: list[str] = []
        real = socket.getaddrinfo

        def looked_up(name: str, *rest: Any, **options: Any) -> Any:
            names.append(name)
            return real("127.0.0.1" if name == "far.example" else name, *rest, **options)

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        assert fetched(f"http://far.example:{port}/a.png") == PNG
        assert names.count("far.example") == 1

    @pytest.mark.parametrize(
        ("address", "public"),
        [
            ("93.184.216.34", True),
            ("2606:2800:220:1:248:1893:25c8:1946", True),
            ("10.0.0.1", False),
            ("100.64.0.1", False),
            ("169.254.169.254", False),
            ("224.0.0.1", False),
            ("240.0.0.1", False),
            ("fe80::1%eth0", False),
            ("fd00::1", False),
            ("::ffff:10.0.0.1", False),
            ("2002:a00:1::", False),
            ("64:ff9b::a00:1", False),
            ("64:ff9b::5db8:d822", True),
        ],
    )
    def test_public_addresses(self, address: str, public: bool) -> None:
        assert is_public(address) is public

    def test_a_host_that_drips_is_left(self, far: Any, stage, monkeypatch) -> None:
        recognised = fetch._body

        def slow(answer: Any, until: str, bytes_max: int) -> bytes:
            stage.forward(fetch.FETCH_TIMEOUT_S + 1)
            return recognised(answer, until, bytes_max)

        monkeypatch.setattr(fetch, "_body", slow)
        with pytest.raises(CannotFetch, match="longer than"):
            fetched(f"http://{far[0]}/a.png")


class TestBringIn:
    def test_a_picture_takes_the_place_of_the_placeholder(self, far: Any, seller: Seller) -> None:
        product = with_pictures(seller, f"http://{far[0]}/a.png")
        before = len(facts())
        assert work() == 1
        (url,) = shown(seller, product)
        assert set(kept()) == {
            url.removeprefix("/media/"),
            url.removeprefix("/media/").replace(".jpg", ".webp"),
        }
        assert re.fullmatch(r"/media/products/[0-9a-f]{32}-40x30/40\.jpg", url)
        assert facts()[before:] == ["catalog.ProductChanged"]
        (row,) = of_kind("catalog", "PRODUCT")
        assert "due_shard" not in row

    def test_the_copies_that_carts_read_show_it_too(self, far: Any, seller: Seller) -> None:
        with_pictures(seller, f"http://{far[0]}/a.png")
        work()
        (row,) = of_kind("catalog", "SKU")
        assert json.loads(row["document"]["S"])["image"].startswith("/media/products/")

    def test_the_same_picture_is_kept_once(self, far: Any, seller: Seller) -> None:
        product = with_pictures(seller, f"http://{far[0]}/a.png", f"http://{far[0]}/a.png?again")
        work()
        assert len(kept()) == 2
        assert len(set(shown(seller, product))) == 1

    def test_a_message_twice_fetches_once(self, far: Any, seller: Seller) -> None:
        host, kind = far
        product = with_pictures(seller, f"http://{host}/a.png")
        body = json.dumps({"product_id": product.id})
        for _ in range(2):
            assert hand(workers.catalog_on_picture, body) == []
        assert kind.asked == ["/a.png"]

    def test_what_cannot_be_had_is_tried_again_and_given_up_at_last(
        self, far: Any, seller: Seller, stage
    ) -> None:
        host, kind = far
        product = with_pictures(seller, f"http://{host}/nothing.png")
        work()
        facts_then = facts()
        waits = []
        for _ in range(20):
            (row,) = of_kind("catalog", "PRODUCT")
            if "due_at" not in row:
                break
            due = clock.parse(row["due_at"]["S"])
            waits.append(int((due - stage()).total_seconds()))
            stage.forward(waits[-1] - 1)
            assert pictures.ask_again() == 0
            stage.forward(2)
            assert pictures.ask_again() == 1
            work()
        assert waits == [300, 1_800, 7_200, 43_200, 86_400]
        assert len(kind.asked) == 6
        assert shown(seller, product) == [""]
        assert service.own(seller.actor, product.id).is_listed
        assert facts() == facts_then

    def test_a_picture_that_comes_back_is_shown(self, far: Any, seller: Seller, stage) -> None:
        host, kind = far
        kind.missing.add("/a.png")
        product = with_pictures(seller, f"http://{host}/a.png", f"http://{host}/b.jpg")
        work()
        assert [bool(url) for url in shown(seller, product)] == [False, True]
        kind.missing.clear()
        stage.forward(301)
        assert workers.catalog_retry_pictures(TICK, None) == {"pictures": 1, "imports": 0}
        work()
        assert all(shown(seller, product))

    def test_a_silent_host_is_asked_once_a_round(
        self, far: Any, seller: Seller, stage, monkeypatch
    ) -> None:
        asked: list[str] = []

        def silent(url: str, **_: Any) -> Any:
            asked.append(url)
            raise CannotFetch("it does not answer", is_host=True)

        monkeypatch.setattr(keeping, "fetch", silent)
        monkeypatch.setattr(pictures, "FETCHERS", 1)
        with_pictures(seller, *(f"https://far.example/{n}.png" for n in range(5)))
        work()
        assert len(asked) == 1
        (row,) = of_kind("catalog", "PRODUCT")
        tries = [one["tries"] for one in json.loads(row["document"]["S"])["content"]["media"]]
        assert tries == [1] * 5

    def test_a_round_that_is_over_leaves_the_rest_to_the_timer(
        self, far: Any, seller: Seller, stage
    ) -> None:
        host, kind = far
        product = with_pictures(seller, f"http://{host}/a.png")
        stage.forward(100)
        over = pictures.Round(clock.later(stage(), -1))
        pictures.bring_in(FetchPictures(product.id), over)
        assert kind.asked == []
        stage.forward(write.PICTURES_RETRY_S)
        assert pictures.ask_again() == 1

    def test_a_product_changed_meanwhile_keeps_both_changes(
        self, far: Any, seller: Seller, monkeypatch
    ) -> None:
        product = with_pictures(seller, f"http://{far[0]}/a.png")
        found = keeping.fetch

        def meanwhile(url: str, **options: Any) -> Any:
            service.change(seller.actor, product.id, Wanted(title="Changed"))
            return found(url, **options)

        monkeypatch.setattr(keeping, "fetch", meanwhile)
        assert hand(workers.catalog_on_picture, json.dumps({"product_id": product.id})) == []
        now = service.own(seller.actor, product.id)
        assert (now.content.title, now.content.media[0].url != "") == ("Changed", True)

    def test_a_product_that_never_stands_still_is_tried_later(
        self, far: Any, seller: Seller, monkeypatch
    ) -> None:
        from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile

        product = with_pictures(seller, f"http://{far[0]}/a.png")

        def never(*_: Any, **__: Any) -> None:
            raise ChangedMeanwhile

        monkeypatch.setattr(retries, "sleep_s", lambda seconds: None)
        monkeypatch.setattr(write, "commit", never)
        with pytest.raises(Busy):
            pictures.bring_in(
                FetchPictures(product.id), pictures.Round(clock.later(clock.now(), 40))
            )

    @pytest.mark.parametrize("when", ["before", "meanwhile"])
    def test_a_removed_product_wants_nothing(
        self, far: Any, seller: Seller, monkeypatch, when: str
    ) -> None:
        product = with_pictures(seller, f"http://{far[0]}/a.png")
        found = keeping.fetch
        if when == "before":
            service.remove(seller.actor, product.id)
        else:

            def meanwhile(url: str, **options: Any) -> Any:
                service.remove(seller.actor, product.id)
                return found(url, **options)

            monkeypatch.setattr(keeping, "fetch", meanwhile)
        assert hand(workers.catalog_on_picture, json.dumps({"product_id": product.id})) == []
        stored = store.find(product.id)
        assert stored is not None
        assert stored.content.media[0].url == ""

    def test_a_product_that_is_not_there_wants_nothing(self, stage) -> None:
        assert hand(workers.catalog_on_picture, '{"product_id": "prd_22222222"}') == []


class TestNotices:
    def test_an_import_says_which_pictures_are_missing_until_they_come(
        self, far: Any, seller: Seller, stage
    ) -> None:
        host, kind = far
        kind.missing.add("/a.png")
        body = a_sheet(
            a_row("tee", image=f"http://{host}/a.png"),
            a_variant("tee", image=f"http://{host}/b.jpg"),
        )
        job = imports.hand_in(seller.actor, body)
        importer.run(RunImport(job.id))
        work()
        notices = imports.progress(seller.actor, job.id).notices
        assert [(one.row, one.code) for one in notices if "picture" in one.code] == [
            (2, "import.picture_not_fetched")
        ]
        assert f"http://{host}/a.png" in notices[-1].detail
        kind.missing.clear()
        stage.forward(301)
        pictures.ask_again()
        work()
        notices = import_rows.remarks(job.id, import_rows.NOTICE)
        assert [one for one in notices if "picture" in one.code] == []

    def test_the_same_file_again_keeps_the_pictures_there_are(
        self, far: Any, seller: Seller
    ) -> None:
        host, kind = far
        for price in ("5", "6"):
            body = a_sheet(a_row("tee", image=f"http://{host}/a.png", price=price))
            job = imports.hand_in(seller.actor, body)
            importer.run(RunImport(job.id))
            work()
        assert kind.asked == ["/a.png"]
        (product,) = service.own_products(seller.actor).items
        assert product.price.amount == 600
        assert product.image.startswith("/media/products/")
