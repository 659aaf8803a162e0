"""The cart as HTML."""

from chalicelib.contexts.inventory import service as inventory
from tests.makers.round_trips import counted
from tests.makers.rows import of_kind


def put(browser, product, quantity="1", press="cart"):
    page = browser.get(f"/p/{product.slug}")
    return browser.send(page, page.form("/cart/lines"), press=press, quantity=quantity)


def test_an_empty_one_leads_to_the_shelves(browser) -> None:
    page = browser.get("/cart")
    assert "Your cart is empty" in page.text
    assert page.one(".empty a")["href"] == "/search"
    assert not page.reply.cookies


def test_goods_are_grouped_by_merchant_and_counted_in_the_header(browser, listed) -> None:
    put(browser, listed("TEE", title="Linen shirt", price=2_000), "2")
    page = put(browser, listed("CUP", title="Cup", price=550, merchant="kiln"))
    assert page.address == "/cart"
    assert page.texts("section.panel h2") == ["Acme", "Kiln"]
    assert page.texts(".lines .line__head a") == ["Linen shirt", "Cup"]
    assert page.texts(".sums__total dd") == ["£ 45.50"]
    assert set(page.texts(".count")) == {"3"}
    assert "2 merchants send you this" in page.text
    assert page.one("aside a.button--primary")["href"] == "/checkout"


def test_adding_again_adds_up(browser, listed) -> None:
    product = listed(stock=5)
    put(browser, product, "2")
    page = put(browser, product, "2")
    assert page.one(".lines input[type=number]")["value"] == "4"


def test_buying_at_once_goes_to_the_checkout(browser, listed) -> None:
    assert put(browser, listed(), press="checkout").address == "/checkout"


def test_more_than_is_left_is_said_where_it_was_asked(browser, listed) -> None:
    page = put(browser, listed("TEE", stock=2), "3")
    assert page.status == 409
    assert page.heading == "Tee TEE"
    assert "Left are 2 of acme.TEE" in page.texts("[role=alert]")[0]
    assert page.one("input[name=quantity]")["value"] == "3"
    assert browser.get("/cart").texts(".empty h2") == ["Your cart is empty"]


def test_it_is_said_in_chinese_too(browser, listed) -> None:
    browser.locale = "zh-CN"
    assert put(browser, listed("TEE", stock=2), "3").texts("[role=alert]") == ["库存不足"]


def test_quantities_are_set_and_lines_removed(browser, listed) -> None:
    page = put(browser, listed("TEE", price=1_000, stock=9))
    change = page.form("/cart/quantities", holding="input[type=number]")
    page = browser.send(page, change, quantity="4")
    assert page.texts(".sums__total dd") == ["£ 40.00"]
    remove = page.form("/cart/quantities", holding="input[type=hidden][name=quantity]")
    page = browser.send(page, remove)
    assert "Your cart is empty" in page.text
    assert not page.soup.select(".count")


def test_what_is_no_quantity_is_refused_with_the_cart_as_it_is(browser, listed) -> None:
    page = put(browser, listed("TEE", stock=9))
    change = page.form("/cart/quantities", holding="input[type=number]")
    for wrong in ("-1", "1.5", "many", ""):
        again = browser.send(page, change, quantity=wrong)
        assert again.status == 400
        assert again.one(".lines input[type=number]")["value"] == "1"


def test_a_line_that_ran_out_is_marked_and_keeps_from_the_checkout(browser, shop, listed) -> None:
    put(browser, listed("TEE", stock=5), "3")
    inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE", 1)
    page = browser.get("/cart")
    assert "Only 1 left" in page.text
    assert "Change the lines marked above" in page.text
    assert not page.soup.select("a[href='/checkout']")


def test_reading_takes_two_round_trips(browser, listed) -> None:
    put(browser, listed())
    browser.get("/cart")
    with counted() as calls:
        browser.get("/cart")
    assert len(calls) == 2, calls


def test_changing_takes_three_round_trips(browser, listed) -> None:
    product = listed(stock=9)
    put(browser, product)
    page = browser.get(f"/p/{product.slug}")
    with counted() as calls:
        browser.send(page, page.form("/cart/lines"), press="cart", follow=False)
    assert len(calls) == 3, calls


def test_a_cart_that_is_gone_is_begun_anew(browser, listed) -> None:
    product = listed(stock=9)
    put(browser, product)
    lost = browser.http.cookies["souk_cart"]
    forget_carts()
    page = put(browser, product, "2")
    assert page.one(".lines input[type=number]")["value"] == "2"
    assert browser.http.cookies["souk_cart"].split("~")[0] != lost.split("~")[0]


def forget_carts() -> None:
    """Remove every cart, as their time to live does."""
    import boto3

    from chalicelib.aws.settings import settings

    table = boto3.resource("dynamodb").Table(settings().tables["cart"])
    for row in of_kind("cart", "CART"):
        table.delete_item(Key={"pk": row["pk"]["S"], "sk": row["sk"]["S"]})


def test_a_first_line_that_is_refused_leaves_no_cart_behind(browser, listed) -> None:
    product = listed(stock=0)
    fields = {"quantity": "1"}
    for sku in ("acme.TEE", "acme.NOTHING"):
        page = browser.post("/cart/lines", {**fields, "sku": sku, "back": f"/p/{product.slug}"})
        assert page.status in {404, 409, 422}
    assert of_kind("cart", "CART") == []
