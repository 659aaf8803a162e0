"""Workflows of the catalogue and of stock: products, their index, imports, pictures, levels."""

import json
from typing import Any

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.kernel.actors import SYSTEM
from tests.faults.crashes.scene import HOUR_S, SHELF, Scene
from tests.faults.crashes.workflow import Step, Workflow
from tests.faults.crashes.workflows.acts import OK, later, strike
from tests.makers import rows
from tests.makers.pictures import a_picture
from tests.makers.sheets import a_row, a_sheet, a_variant
from tests.makers.shop import CATEGORIES

PRODUCTS = "/api/v1/merchant/products"
SHEET = a_sheet(
    a_row("plain", quantity="3"),
    a_row("tee", option1_name="Size", option1="S", sku="T-S", price="10", quantity="5"),
    a_variant("tee", option1="M", sku="T-M", price="11", quantity="0"),
    a_row("hidden", published="false", quantity="2"),
    a_row("wrong", price="cheap"),
)
UNITS = {"acme.PLAIN": 3, "acme.T-S": 5, "acme.T-M": 0, "acme.HIDDEN": 2}


def merchant_of_tops(scene: Scene) -> None:
    scene.shop.merchant()
    catalog.load_categories(SYSTEM, CATEGORIES)


def on_sale(scene: Scene) -> None:
    """One product that the shop lists."""
    scene.memo["tea"] = scene.goods()
    (listed,) = catalog.own_products(scene.shop.sellers["acme"].actor, limit=10).items
    scene.memo["product"] = listed.id


def sent(method: str, path: str, body: Any, *, key: str = "", content_type: str = "") -> Step:
    """A request of the merchant; `path` may name the product."""

    def step(scene: Scene) -> None:
        headers = dict(scene.shop.sellers["acme"].authorization)
        headers |= {"idempotency-key": key} if key else {}
        headers |= {"content-type": content_type} if content_type else {}
        where = path.format(product=scene.memo.get("product", ""))
        named = body(scene) if callable(body) else body
        reply = scene.shop.http.send(method, where, named, headers=headers)
        assert reply.status in OK | {202}, reply.text
        if method == "POST" and path == PRODUCTS:
            scene.memo["product"] = reply.json()["id"]

    return step


def described(scene: Scene) -> dict[str, Any]:
    """A product as its merchant describes it, with a picture where there is a far host."""
    price = {"amount": 1_200, "currency": "GBP"}
    pictures = [{"url": f"http://{scene.far}/a.png"}] if scene.far else []
    return {
        "title": "Kettle",
        "description": "For tests.",
        "category": "other",
        "state": "listed",
        "variants": [{"sku": "KET", "price": price}],
        "media": pictures,
    }


create = sent("POST", PRODUCTS, described, key="create")
cheaper = {"variants": [{"sku": "KET", "price": {"amount": 900, "currency": "GBP"}}]}


def count(units: int) -> Step:
    step = sent("PUT", "/api/v1/merchant/stock/acme.TEA", {"on_hand": units})

    def counted(scene: Scene) -> None:
        step(scene)
        scene.shelves["acme.TEA"] = units

    return counted


def hand_in(scene: Scene) -> None:
    """A file of products, whose units count as those on the shelves."""
    scene.shelves |= UNITS
    sent("POST", "/api/v1/merchant/imports", SHEET, key="import", content_type="text/csv")(scene)


def promise(scene: Scene) -> None:
    """The merchant says that a file will come, and is told where to put it."""
    headers = {**scene.shop.sellers["acme"].authorization, "idempotency-key": "promise"}
    body = {"filename": "tops.csv", "size": len(SHEET)}
    reply = scene.shop.http.send("POST", "/api/v1/merchant/imports", body, headers=headers)
    assert reply.status == 202, reply.text
    scene.memo["key"] = reply.json()["upload"]["fields"]["key"]


def upload(scene: Scene) -> None:
    """The file arrives, and the bucket says so."""
    scene.shelves |= UNITS
    scene.cloud.services.files[settings().uploads_bucket, scene.memo["key"]] = SHEET
    told = {"Records": [{"s3": {"object": {"key": scene.memo["key"]}}}]}
    scene.machine.send("catalog-imports", json.dumps(told))


def listed(*titles: str) -> Step:
    """The shop lists these and no others."""

    def check(scene: Scene) -> None:
        reply = scene.shop.http.get("/api/v1/products")
        assert sorted(one["title"] for one in reply.json()["items"]) == sorted(titles)

    return check


def imported(scene: Scene) -> None:
    listed("Plain", "Tee")(scene)
    (job,) = rows.of_kind("catalog", "JOB")
    assert '"state":"done"' in job["document"]["S"]
    assert len(rows.of_kind("catalog", "PRODUCT")) == 3


def has_picture(scene: Scene) -> None:
    listed("Kettle")(scene)
    reply = scene.shop.http.get(f"/api/v1/products/{scene.memo['product']}")
    (shown,) = reply.json()["media"][0]["renditions"]
    assert set(kept_media(scene)) == {shown["webp"], shown["jpeg"]}


def hand_in_a_picture(scene: Scene) -> None:
    """A picture arrives from the merchant's browser, and the bucket says so, twice."""
    key = f"pictures/{scene.memo['product'].removeprefix('prd_')}/01J0000000000000000000PNG"
    scene.cloud.services.files[settings().uploads_bucket, key] = a_picture()
    told = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
    for _ in range(2):
        scene.machine.send("catalog-pictures", told)


def has_what_was_handed_in(scene: Scene) -> None:
    reply = scene.shop.http.get(f"/api/v1/products/{scene.memo['product']}")
    ((shown,),) = [one["renditions"] for one in reply.json()["media"]]
    assert set(kept_media(scene)) == {shown["webp"], shown["jpeg"]}
    assert rows.facts().count("catalog.ProductChanged") == 2  # it waits, it is there


def kept_media(scene: Scene) -> list[str]:
    """The pictures in the bucket, which holds sitemaps, too."""
    files = [key for place, key in scene.cloud.services.files if place == settings().media_bucket]
    return [f"/media/{key}" for key in files if key.startswith("products/")]


def mapped(scene: Scene) -> None:
    """The sitemap's index names the one shard that is there."""
    files, bucket = scene.cloud.services.files, settings().media_bucket
    assert b"/sitemap-1.xml.gz</loc>" in files[bucket, "sitemap.xml"]
    assert (bucket, "sitemap-1.xml.gz") in files


def on_sale_described(scene: Scene) -> None:
    """One product that says what it is made of."""
    on_sale(scene)
    patch = sent("PATCH", f"{PRODUCTS}/{{product}}", {"attributes": {"Fabric": "亚麻"}})
    patch(scene)
    scene.rest()


def asks_for_a_fabric(scene: Scene) -> None:
    choice = {"value": "linen", "label": {"en": "Linen", "zh-CN": "亚麻"}}
    label = {"en": "Fabric", "zh-CN": "面料"}
    entry = {"name": "fabric", "label": label, "kind": "choice", "choices": [choice]}
    del scene
    catalog.save_attribute(SYSTEM, "other", entry)


def counts_by_fabric(scene: Scene) -> None:
    facets = scene.shop.http.get("/api/v1/products").json()["facets"]
    assert {"name": "attr.fabric", "values": [{"value": "linen", "count": 1}]} in facets
    assert len(rows.facts("catalog.CategoriesChanged")) == 1


def in_stock(scene: Scene) -> None:
    assert scene.shop.stock("acme.TEA") == (SHELF // 2, 0)
    assert len(rows.facts("inventory.StockRanOut")) == 1
    assert len(rows.facts("inventory.StockCameBack")) == 2


WORKFLOWS = (
    Workflow("sitemap", on_sale, (strike("catalog_write_sitemaps"),), mapped),
    Workflow(
        "catalogue",
        merchant_of_tops,
        (create, sent("PATCH", f"{PRODUCTS}/{{product}}", cheaper)),
        listed("Kettle"),
    ),
    Workflow(
        "delisting",
        on_sale,
        (sent("PATCH", f"{PRODUCTS}/{{product}}", {"state": "delisted"}),),
        listed(),
    ),
    Workflow("schema", on_sale_described, (asks_for_a_fabric,), counts_by_fabric),
    Workflow("import", merchant_of_tops, (hand_in,), imported, patience_s=HOUR_S),
    Workflow(
        "import of an upload",
        merchant_of_tops,
        (promise, upload),
        imported,
        patience_s=HOUR_S,
        blind={"KEY": {"body"}},  # holds a form that is signed by the machine's own clock
    ),
    Workflow("picture handed in", on_sale, (hand_in_a_picture,), has_what_was_handed_in),
    Workflow("picture", merchant_of_tops, (create,), has_picture, "far", patience_s=HOUR_S),
    Workflow(
        "picture asked for again",
        merchant_of_tops,
        (create, later(HOUR_S), strike("catalog_retry_pictures")),
        has_picture,
        "far",
    ),
    Workflow(
        "stock runs out and comes back",
        on_sale,
        (count(0), count(SHELF // 2)),
        in_stock,
        blind={"LOG": {"row"}, "inventory.StockPut": {"row"}},  # said again, noted again
    ),
)
