"""Imports: from a file handed in to products in the shop."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.aws import files
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service, workers
from chalicelib.contexts.catalog.model.jobs import ImportState
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.catalog.model.wanted import Wanted
from chalicelib.contexts.catalog.service import importer, imports
from chalicelib.contexts.catalog.service.jobs import RunImport
from chalicelib.contexts.catalog.store import imports as store
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.inventory import workers as inventory_workers
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.errors import Busy
from tests.makers.facts import deliver
from tests.makers.http import Http, Reply
from tests.makers.people import Seller, a_merchant
from tests.makers.products import a_product
from tests.makers.queues import drain, hand
from tests.makers.refusals import refused, refused_without_a_trace
from tests.makers.round_trips import counted
from tests.makers.rows import facts, of_kind
from tests.makers.sheets import a_row, a_sheet, a_variant

PATH = "/api/v1/merchant/imports"
SAMPLES = sorted(Path(__file__).parents[2].joinpath("data").glob("*.csv"))
CATEGORIES = {
    "categories": [
        {"slug": "tops", "name": {"en": "Tops", "zh-CN": "上衣"}, "words": ["shirt"]},
        {"slug": "home", "name": {"en": "Home", "zh-CN": "家居"}},
    ]
}
SHEET = a_sheet(
    a_row("plain", quantity="3"),
    a_row("tee", option1_name="Size", option1="S", sku="T-S", price="10", quantity="5"),
    a_variant("tee", option1="M", sku="T-M", price="11", quantity="0"),
    a_row("hidden", published="false"),
)


REFUSED_FILES = {
    "missing_handle_column": "import.columns_missing",
    "missing_price_column": "import.columns_missing",
    "empty": "import.empty",
    "blank_lines": "import.empty",
    "header_only": "import.empty",
    "binary": "import.not_utf8",
    "latin1": "import.not_utf8",
    "gbk": "import.not_utf8",
    "utf16": "import.not_utf8",
    "open_quote": "import.unreadable",
}
BAD_ROWS = [
    (3, "import.title_missing"),
    (4, "import.price_wrong"),
    (5, "import.price_wrong"),
    (6, "import.price_wrong"),
    (7, "import.price_missing"),
    (10, "import.price_wrong"),
    (11, "import.options_repeated"),
    (12, "import.sku_repeated"),
    (14, "import.sku_taken"),
    (15, "import.weight_wrong"),
    (16, "import.quantity_wrong"),
    (17, "import.price_wrong"),
    (18, "import.price_wrong"),
    (19, "import.handle_missing"),
    (20, "import.option_missing"),
    (21, "import.handle_repeated"),
    (23, "import.cells_wrong"),
    (24, "import.price_missing"),
]
REFUSED_ROWS = {
    "bad_rows": BAD_ROWS,
    "control_characters": [(2, "import.text_wrong"), (3, "import.text_wrong")],
    "four_options": [(2, "import.option_wrong")],
    "formula_cells": [(8, "import.price_wrong")],
}
"""What tests/data/README.md says becomes of its files."""
TICK = {
    "version": "0",
    "account": "123456789012",
    "region": "eu-west-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-03-02T09:00:00Z",
    "id": "1",
    "resources": [],
}


@pytest.fixture
def http(stage) -> Http:
    service.load_categories(SYSTEM, CATEGORIES)
    drain(settings().catalog_imports_queue_url, workers.catalog_on_import)
    return Http()


@pytest.fixture
def seller(http: Http) -> Seller:
    return a_merchant()


def hand_in(http: Http, seller: Seller, body: Any = SHEET, **headers: str) -> Reply:
    sent = {**seller.authorization, "content-type": "text/csv", **headers}
    return http.post(PATH, body, **sent)


def work() -> int:
    return drain(settings().catalog_imports_queue_url, workers.catalog_on_import)


def imported(http: Http, seller: Seller, body: bytes = SHEET) -> Any:
    """Hand a file in, let the worker do its work, and look at the job."""
    reply = hand_in(http, seller, body)
    assert reply.status == 202, reply.text
    work()
    return http.get(reply.headers["location"], **seller.authorization).json()


def products(seller: Seller) -> dict[str, Product]:
    found = service.own_products(seller.actor, limit=100).items
    return {one.handle or one.content.title: one for one in found}


def counts(job: Any) -> tuple[int, ...]:
    return tuple(job[name] for name in ("rows", "created", "updated", "unchanged"))


def codes(remarks: Any) -> list[tuple[int, str]]:
    return [(one["row"], one["code"]) for one in remarks]


class TestTheJob:
    def test_a_file_becomes_products(self, http: Http, seller: Seller) -> None:
        reply = hand_in(http, seller)
        job = reply.json()
        assert (reply.status, job["state"], counts(job)) == (202, "queued", (0, 0, 0, 0))
        assert reply.headers["location"] == f"{PATH}/{job['id']}"
        work()
        done = http.get(f"{PATH}/{job['id']}", **seller.authorization).json()
        assert (done["state"], counts(done)) == ("done", (4, 3, 0, 0))
        assert (done["refused"], done["notices"], done["refused_count"]) == ([], [], 0)
        made = products(seller)
        assert {handle: one.state.value for handle, one in made.items()} == {
            "plain": "listed",
            "tee": "listed",
            "hidden": "draft",
        }
        assert [v.sku for v in made["tee"].content.variants] == ["acme.T-S", "acme.T-M"]

    def test_a_second_import_of_the_same_file_changes_nothing(
        self, http: Http, seller: Seller
    ) -> None:
        imported(http, seller)
        before = (of_kind("catalog", "PRODUCT"), of_kind("catalog", "SKU"), facts())
        again = imported(http, seller)
        assert counts(again) == (4, 0, 0, 3)
        assert (of_kind("catalog", "PRODUCT"), of_kind("catalog", "SKU"), facts()) == before

    def test_only_what_changed_is_updated(self, http: Http, seller: Seller) -> None:
        imported(http, seller)
        first = products(seller)
        changed = a_sheet(
            a_row("plain", quantity="99"),
            a_row("tee", option1_name="Size", option1="S", sku="T-S", price="12"),
            a_variant("tee", option1="L", sku="T-L", price="13", quantity="2"),
            a_row("hidden"),
        )
        assert counts(imported(http, seller, changed)) == (4, 0, 2, 1)
        second = products(seller)
        assert {one.id for one in first.values()} == {one.id for one in second.values()}
        assert [(v.sku, v.price.amount) for v in second["tee"].content.variants] == [
            ("acme.T-S", 1200),
            ("acme.T-L", 1300),
        ]
        assert second["hidden"].state == "listed"
        assert second["tee"].slug == first["tee"].slug

    def test_opening_stock_is_counted_for_new_variants_alone(
        self, http: Http, seller: Seller
    ) -> None:
        imported(http, seller)
        deliver(inventory_workers.inventory_on_stock_fact, "catalog.StockCounted")
        inventory.put_stock(seller.actor, "acme.T-S", 1)
        more = a_sheet(
            a_row("tee", option1_name="Size", option1="S", sku="T-S", price="9", quantity="50"),
            a_variant("tee", option1="XL", sku="T-XL", price="9", quantity="4"),
        )
        imported(http, seller, more)
        told = [json.loads(one)["units"] for one in facts("catalog.StockCounted")]
        assert told == [{"acme.PLAIN": 3}, {"acme.T-S": 5, "acme.T-M": 0}, {"acme.T-XL": 4}]
        deliver(inventory_workers.inventory_on_stock_fact, "catalog.StockCounted")
        on_hand = {
            sku: inventory.get_stock(seller.actor, f"acme.{sku}").on_hand
            for sku in ("PLAIN", "T-S", "T-M", "T-XL")
        }
        assert on_hand == {"PLAIN": 3, "T-S": 1, "T-M": 0, "T-XL": 4}

    def test_a_bad_row_is_refused_with_its_number_and_the_rest_goes_in(
        self, http: Http, seller: Seller
    ) -> None:
        body = a_sheet(
            a_row("a", price="-1"),
            a_row("b"),
            a_row("", price="5"),
            a_row("c", option1_name="Size", option1="S"),
            a_variant("c", option1="M", price="x"),
            a_row("b", sku="OTHER"),
            a_row("d", type="Bells"),
        )
        job = imported(http, seller, body)
        assert counts(job) == (7, 3, 0, 0)
        assert codes(job["refused"]) == [
            (2, "import.price_wrong"),
            (4, "import.handle_missing"),
            (6, "import.price_wrong"),
            (7, "import.handle_repeated"),
        ]
        assert all(one["detail"] for one in job["refused"])
        assert job["refused_count"] == 4
        assert codes(job["notices"]) == [(8, "import.category_other")]
        again = imported(http, seller, body)
        assert counts(again) == (7, 0, 0, 3)
        assert again["refused"] == job["refused"]

    def test_a_sku_of_another_product_is_refused_and_the_other_variants_go_in(
        self, http: Http, seller: Seller
    ) -> None:
        a_product(seller, "T-M", category="tops")
        job = imported(http, seller)
        assert counts(job) == (4, 3, 0, 0)
        assert codes(job["refused"]) == [(4, "import.sku_taken")]
        assert [v.sku for v in products(seller)["tee"].content.variants] == ["acme.T-S"]
        again = imported(http, seller)
        assert counts(again) == (4, 0, 0, 3)
        assert codes(again["refused"]) == [(4, "import.sku_taken")]

    def test_a_product_whose_every_sku_is_taken_is_refused(
        self, http: Http, seller: Seller
    ) -> None:
        a_product(seller, "PLAIN", category="tops")
        job = imported(http, seller, a_sheet(a_row("plain")))
        assert (job["state"], counts(job)) == ("done", (1, 0, 0, 0))
        assert codes(job["refused"]) == [(2, "import.sku_taken")]

    def test_what_was_removed_is_made_anew(self, http: Http, seller: Seller) -> None:
        imported(http, seller)
        gone = products(seller)["plain"].id
        service.remove(seller.actor, gone)
        assert counts(imported(http, seller)) == (4, 1, 0, 2)
        assert products(seller)["plain"].id != gone

    def test_unpublishing_takes_out_of_the_shop(self, http: Http, seller: Seller) -> None:
        imported(http, seller)
        imported(http, seller, a_sheet(a_row("plain", published="false")))
        assert products(seller)["plain"].state == "delisted"

    def test_what_the_platform_took_down_stays_down(self, http: Http, seller: Seller) -> None:
        imported(http, seller)
        service.take_down(SYSTEM, products(seller)["plain"].id)
        imported(http, seller, a_sheet(a_row("plain", price="1")))
        assert products(seller)["plain"].state == "taken_down"

    def test_a_merchant_that_may_not_sell_gets_reviews(self, http: Http, seller: Seller) -> None:
        merchants.suspend(SYSTEM, seller.id, "late")
        imported(http, seller)
        assert products(seller)["plain"].state == "in_review"

    def test_a_change_of_the_merchants_own_survives_the_same_file(
        self, http: Http, seller: Seller
    ) -> None:
        imported(http, seller)
        service.change(seller.actor, products(seller)["plain"].id, Wanted(title="Mine"))
        assert counts(imported(http, seller)) == (4, 0, 0, 3)
        assert products(seller)["plain"].content.title == "Mine"

    def test_two_merchants_may_import_the_same_file(self, http: Http, seller: Seller) -> None:
        bolt = a_merchant("bolt")
        assert counts(imported(http, seller)) == counts(imported(http, bolt)) == (4, 3, 0, 0)
        assert {one.merchant_id for one in products(bolt).values()} == {bolt.id}

    def test_the_same_key_starts_one_job(self, http: Http, seller: Seller) -> None:
        first = hand_in(http, seller, idempotency_key="k")
        again = hand_in(http, seller, idempotency_key="k")
        assert again.text == first.text
        assert len(of_kind("catalog", "JOB")) == 1
        refused(
            hand_in(http, seller, SHEET + b"\n", idempotency_key="k"),
            409,
            "idempotency.key_reused",
        )

    @pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
    def test_sample_files_end_as_they_should(self, http: Http, seller: Seller, path: Path) -> None:
        reply = hand_in(http, seller, path.read_bytes())
        if path.stem in REFUSED_FILES:
            refused(reply, 400, REFUSED_FILES[path.stem])
            assert of_kind("catalog", "JOB") == []
            return
        work()
        job = http.get(reply.headers["location"], **seller.authorization).json()
        assert (job["state"], codes(job["refused"])) == ("done", REFUSED_ROWS.get(path.stem, []))
        assert job["created"] == len(products(seller))
        again = imported(http, seller, path.read_bytes())
        assert (again["created"], again["updated"]) == (0, 0)
        assert again["unchanged"] == job["created"]
        assert codes(again["refused"]) == codes(job["refused"])

    def test_new_products_cost_a_write_each(self, http: Http, seller: Seller) -> None:
        body = a_sheet(*(a_row(f"tee-{n}") for n in range(40)))
        hand_in(http, seller, body)
        with counted() as calls:
            work()
        assert calls.count("TransactWriteItems") == 40
        assert (
            len([name for name in calls if name not in {"ReceiveMessage", "DeleteMessage"}]) <= 55
        )


class TestRefusedAtOnce:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "import.empty"),
            (b"\n \n", 400, "import.empty"),
            (a_sheet(), 400, "import.empty"),
            (a_sheet(a_row(), without=["price"]), 400, "import.columns_missing"),
            (a_sheet(a_row(), without=["handle", "title"]), 400, "import.columns_missing"),
            ("Handle,Title,Variant Price\na,Café,1\n".encode("latin-1"), 400, "import.not_utf8"),
            (a_sheet(a_row()).decode().encode("utf-16"), 400, "import.not_utf8"),
            (b"\x89PNG\r\n\x1a\n\0\0\0", 400, "import.not_utf8"),
            (b'Handle,Title,Variant Price\na,"x,1\n', 400, "import.unreadable"),
            (b"x" * 5_000_001, 413, "import.too_large"),
        ],
    )
    def test_what_can_be_told_is_told(
        self, http: Http, seller: Seller, body: bytes, status: int, code: str
    ) -> None:
        refused_without_a_trace(lambda: hand_in(http, seller, body), status, code)
        assert "Contents" not in boto3.client("s3").list_objects_v2(
            Bucket=settings().uploads_bucket
        )

    def test_another_media_type_is_refused(self, http: Http, seller: Seller) -> None:
        reply = hand_in(http, seller, SHEET, content_type="application/vnd.ms-excel")
        refused(reply, 415, "request.unsupported_media")

    @pytest.mark.parametrize(
        "body",
        [{}, {"filename": "a.csv"}, {"filename": "", "size": 5}, {"filename": "a", "size": 0}],
    )
    def test_a_promise_that_cannot_be_read_is_refused(
        self, http: Http, seller: Seller, body: Any
    ) -> None:
        refused(http.post(PATH, body, **seller.authorization), 400, "request.malformed")

    def test_only_the_merchants_own_imports_are_there(self, http: Http, seller: Seller) -> None:
        job = hand_in(http, seller).json()
        bolt = a_merchant("bolt")
        for path in (f"{PATH}/{job['id']}", f"{PATH}/imp_nothing"):
            refused(http.get(path, **bolt.authorization), 404, "catalog.no_import")
        refused(http.get(f"{PATH}/{job['id']}"), 401, "identity.not_signed_in")
        refused_without_a_trace(
            lambda: http.post(PATH, SHEET, content_type="text/csv"), 401, "identity.not_signed_in"
        )

    def test_a_merchant_lists_its_imports_newest_first(
        self, http: Http, seller: Seller, stage
    ) -> None:
        made = []
        for _ in range(3):
            stage.forward(1)
            made.append(hand_in(http, seller).json()["id"])
        assert [job.id for job in imports.own_imports(seller.actor).items] == made[::-1]


class TestUploads:
    def ask(self, http: Http, seller: Seller, **body: Any) -> Reply:
        promised = {"filename": "large.csv", "size": 90_000_000, **body}
        return http.post(PATH, promised, **seller.authorization)

    def arrive(self, import_id: str, body: bytes) -> list[str]:
        """Put the file where the form puts it, and let the bucket say so."""
        key = imports.file_key(import_id)
        files.put(settings().uploads_bucket, key, body, content_type="text/csv")
        word = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": key}}}]}
        return hand(workers.catalog_on_import, json.dumps(word))

    def test_a_large_file_is_uploaded_and_starts_when_it_has_arrived(
        self, http: Http, seller: Seller
    ) -> None:
        reply = self.ask(http, seller)
        job = reply.json()
        assert (reply.status, job["state"]) == (202, "queued")
        assert job["upload"]["fields"]["key"] == f"imports/{job['id']}.csv"
        assert job["upload"]["url"].startswith("http")
        assert work() == 0
        assert self.arrive(job["id"], SHEET) == []
        seen = http.get(f"{PATH}/{job['id']}", **seller.authorization).json()
        assert (seen["state"], counts(seen)) == ("done", (4, 3, 0, 0))

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b" ", "import.columns_missing"),
            (a_sheet(a_row(), without=["price"]), "import.columns_missing"),
            (b"\0\1\2", "import.not_utf8"),
            (b'Handle,Title,Variant Price\na,"x,1\n', "import.unreadable"),
            (b"x" * 2_100_000, "import.unreadable"),
        ],
    )
    def test_a_file_that_cannot_be_read_fails_its_job(
        self, http: Http, seller: Seller, body: bytes, code: str
    ) -> None:
        job = self.ask(http, seller).json()
        assert self.arrive(job["id"], body) == []
        seen = http.get(f"{PATH}/{job['id']}", **seller.authorization).json()
        assert (seen["state"], seen["problem"]["code"]) == ("failed", code)
        assert products(seller) == {}

    def test_a_file_that_breaks_in_the_middle_keeps_what_came_before(
        self, http: Http, seller: Seller, monkeypatch
    ) -> None:
        monkeypatch.setattr(importer, "GROUPS_AT_ONCE", 2)
        job = self.ask(http, seller).json()
        good = a_sheet(*(a_row(f"tee-{n}") for n in range(6)))
        assert self.arrive(job["id"], good + b"caf\xe9,x\r\n") == []
        seen = http.get(f"{PATH}/{job['id']}", **seller.authorization).json()
        assert (seen["state"], seen["problem"]["code"]) == ("failed", "import.not_utf8")
        assert counts(seen) == (4, 4, 0, 0)

    def test_more_than_two_hundred_megabytes_are_refused(self, http: Http, seller: Seller) -> None:
        refused_without_a_trace(
            lambda: self.ask(http, seller, size=200_000_001), 413, "import.too_large"
        )

    def test_a_key_gives_the_same_form(self, http: Http, seller: Seller) -> None:
        body = {"filename": "a.csv", "size": 5}
        sent = {**seller.authorization, "idempotency_key": "k"}
        assert http.post(PATH, body, **sent).text == http.post(PATH, body, **sent).text

    def test_a_bucket_that_says_hello_starts_nothing(self, http: Http) -> None:
        assert hand(workers.catalog_on_import, '{"Event": "s3:TestEvent"}') == []

    def test_a_file_that_belongs_to_no_job_starts_nothing(self, http: Http) -> None:
        assert self.arrive("imp_nothing", SHEET) == []
        assert of_kind("catalog", "PRODUCT") == []

    def test_a_file_that_never_comes_fails_its_job_after_a_day(
        self, http: Http, seller: Seller, stage
    ) -> None:
        job = self.ask(http, seller).json()
        stage.forward(86_399)
        assert imports.wake_stalled() == 0
        stage.forward(2)
        assert workers.catalog_retry_pictures(TICK, None) == {"pictures": 0, "imports": 0}
        seen = http.get(f"{PATH}/{job['id']}", **seller.authorization).json()
        assert (seen["state"], seen["problem"]["code"]) == ("failed", "import.not_uploaded")


class TestSlices:
    BODY = a_sheet(
        *(a_row(f"tee-{n}", body="<p>é</p>\n") for n in range(7)),
        a_row("tee-2", sku="AGAIN"),
        a_row("bad", price="x"),
        bom=True,
    )
    WHOLE = (9, 7, 0, 0)

    @pytest.fixture(autouse=True)
    def _small_slices(self, monkeypatch) -> None:
        monkeypatch.setattr(importer, "GROUPS_AT_ONCE", 2)
        monkeypatch.setattr(importer, "SLICE_GROUPS", 2)

    def test_a_slice_asks_for_the_next_until_the_end(self, http: Http, seller: Seller) -> None:
        reply = hand_in(http, seller, self.BODY)
        assert work() > 3
        job = http.get(reply.headers["location"], **seller.authorization).json()
        assert (job["state"], counts(job)) == ("done", self.WHOLE)
        assert codes(job["refused"]) == [
            (9, "import.handle_repeated"),
            (10, "import.price_wrong"),
        ]

    @pytest.mark.parametrize("crash_after", range(1, 12))
    def test_a_slice_that_dies_is_done_again_and_counts_once(
        self, http: Http, seller: Seller, stage, monkeypatch, crash_after: int
    ) -> None:
        """The process dies at its n-th write; the same message comes again when its lease is over."""
        job_id = hand_in(http, seller, self.BODY).json()["id"]

        class Died(BaseException):
            pass

        commit = importer.transact.commit
        left = [crash_after]

        def dying(writes: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Died
            commit(writes)

        monkeypatch.setattr(importer.transact, "commit", dying)
        with pytest.raises(Died):
            _run_slices(job_id)
        monkeypatch.setattr(importer.transact, "commit", commit)
        stage.forward(importer.LEASE_S + 1)
        importer.run(RunImport(job_id))
        work()
        job = http.get(f"{PATH}/{job_id}", **seller.authorization).json()
        assert (job["state"], counts(job)) == ("done", self.WHOLE)
        assert len(products(seller)) == 7
        assert facts().count("catalog.ProductListed") == 7

    def test_a_second_worker_leaves_a_job_alone_that_the_first_one_has(
        self, http: Http, seller: Seller, stage, monkeypatch
    ) -> None:
        job_id = hand_in(http, seller, self.BODY).json()["id"]
        through = importer._through
        seen: list[str] = []

        def meanwhile(*arguments: Any) -> Any:
            if not seen:
                seen.append("second")
                importer.run(RunImport(job_id))
                assert store.find_job(job_id).counts.rows == 0
            return through(*arguments)

        monkeypatch.setattr(importer, "_through", meanwhile)
        work()
        job = http.get(f"{PATH}/{job_id}", **seller.authorization).json()
        assert counts(job) == self.WHOLE
        assert seen == ["second"]

    def test_of_two_workers_on_one_job_the_later_one_stops(
        self, http: Http, seller: Seller, stage, monkeypatch
    ) -> None:
        job_id = hand_in(http, seller, self.BODY).json()["id"]
        through = importer._through
        seen: list[str] = []

        def taken_over(*arguments: Any) -> Any:
            if not seen:
                seen.append("taken over")
                stage.forward(importer.LEASE_S + 1)
                importer.run(RunImport(job_id))
            return through(*arguments)

        monkeypatch.setattr(importer, "_through", taken_over)
        work()
        job = http.get(f"{PATH}/{job_id}", **seller.authorization).json()
        assert (job["state"], counts(job)) == ("done", self.WHOLE)
        assert len(products(seller)) == 7

    def test_a_busy_table_lets_the_job_go_on_later(
        self, http: Http, seller: Seller, monkeypatch
    ) -> None:
        job_id = hand_in(http, seller, self.BODY).json()["id"]
        brought_in = importer._brought_in
        refusals = [Busy(), Busy()]

        def busy(*arguments: Any) -> Any:
            if refusals:
                raise refusals.pop()
            return brought_in(*arguments)

        monkeypatch.setattr(importer, "_brought_in", busy)
        work()
        job = http.get(f"{PATH}/{job_id}", **seller.authorization).json()
        assert counts(job) == self.WHOLE

    def test_a_job_that_keeps_breaking_fails_with_its_last_delivery(
        self, http: Http, seller: Seller, stage, monkeypatch
    ) -> None:
        job_id = hand_in(http, seller, self.BODY).json()["id"]

        def broken(*_: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(importer, "_through", broken)
        body = json.dumps({"import_id": job_id, "tries": 0, "task": "import"})
        for attempt in range(1, 6):
            assert hand(workers.catalog_on_import, body, attempt=attempt) == ["m-1"]
            stage.forward(importer.LEASE_S + 1)
        job = http.get(f"{PATH}/{job_id}", **seller.authorization).json()
        assert (job["state"], job["problem"]["code"]) == ("failed", "import.broken")

    def test_a_job_that_stopped_moving_is_woken(self, http: Http, seller: Seller, stage) -> None:
        job_id = hand_in(http, seller, self.BODY).json()["id"]
        boto3.client("sqs").purge_queue(QueueUrl=settings().catalog_imports_queue_url)
        stage.forward(imports.STALLED_AFTER_S + 1)
        assert workers.catalog_retry_pictures(TICK, None) == {"pictures": 0, "imports": 1}
        work()
        assert store.find_job(job_id).state is ImportState.DONE
        stage.forward(imports.STALLED_AFTER_S + 1)
        assert imports.wake_stalled() == 0

    def test_the_first_thousand_refusals_are_kept_and_all_are_counted(
        self, http: Http, seller: Seller, monkeypatch
    ) -> None:
        monkeypatch.setattr(store, "REMARKS_KEPT", 5)
        body = a_sheet(*(a_row(f"tee-{n}", price="x") for n in range(9)))
        job = imported(http, seller, body)
        assert (len(job["refused"]), job["refused_count"]) == (5, 9)
        assert [one["row"] for one in job["refused"]] == [2, 3, 4, 5, 6]


def _run_slices(job_id: str) -> None:
    for _ in range(20):
        importer.run(RunImport(job_id))
