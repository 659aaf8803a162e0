"""The cart as HTML."""

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.contexts.inventory import service as inventory
from chalicelib.kernel.money import Money
from tests.makers.browser import values
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
    put(browser, listed("CUP", title="Cup", price=550))
    page = put(browser, listed("TEE", title="Linen shirt", price=2_000), press="checkout")
    assert page.address == "/checkout"
    assert page.texts(".sums__total dd") == ["£ 20.00"]
    page = browser.get("/cart")
    assert page.texts(".lines .line__head a") == ["Cup", "Linen shirt"]
    assert len(page.soup.select("input[name=sku][checked]")) == 1


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
    remove = page.form("/cart/quantities", holding="input[type=hidden][name=quantity][value='0']")
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


def two_merchants(browser, listed):
    put(browser, listed("TEE", title="Linen shirt", price=2_000), "2")
    return put(browser, listed("CUP", title="Cup", price=550, merchant="kiln"))


def chosen(browser, page, *skus):
    form = page.form("/cart/selection")
    body = [("csrf", values(form)["csrf"]), *(("sku", sku) for sku in skus)]
    return browser.post("/cart/selection", body)


def test_some_lines_are_chosen_and_only_they_count(browser, listed) -> None:
    page = chosen(browser, two_merchants(browser, listed), "kiln.CUP")
    assert page.texts(".sums__total dd") == ["£ 5.50"]
    assert [str(one["value"]) for one in page.soup.select("input[type=checkbox][checked]")] == [
        "kiln.CUP"
    ]
    assert "1 merchant sends you this" in page.text
    page = chosen(browser, page)
    assert "Choose what to buy first." in page.text
    assert not page.soup.select("aside a.button--primary")
    page = browser.send(page, page.form("/cart/selection"), press="all")
    assert page.texts(".sums__total dd") == ["£ 45.50"]


def test_steps_add_and_take_one(browser, listed) -> None:
    page = put(browser, listed("TEE", price=1_000, stock=9), "2")
    form = page.one("form#s-1")
    for step, quantity in (("more", "3"), ("less", "1")):
        again = browser.send(page, form, step=step)
        assert again.one(".lines input[type=number]")["value"] == quantity


def test_what_was_taken_out_can_be_put_back(browser, listed) -> None:
    page = put(browser, listed("TEE", price=1_000, stock=9), "4")
    remove = page.form("/cart/quantities", holding="input[type=hidden][name=quantity][value='0']")
    page = browser.send(page, remove)
    assert page.texts(".note p") == ["It was taken out of the cart."]
    page = browser.send(page, page.form("/cart/quantities"))
    assert page.one(".lines input[type=number]")["value"] == "4"
    assert not page.soup.select(".note")


def test_what_ran_short_is_settled_with_one_press(browser, shop, listed) -> None:
    put(browser, listed("TEE", stock=5), "3")
    inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE", 1)
    page = browser.get("/cart")
    fix = page.form("/cart/fixes")
    assert fix.get_text(strip=True) == "Take 1"
    page = browser.send(page, fix)
    assert page.one(".lines input[type=number]")["value"] == "1"
    assert set(page.texts(".count")) == {"1"}
    inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE", 0)
    page = browser.get("/cart")
    assert page.form("/cart/fixes").get_text(strip=True) == "Take it out"
    assert "Your cart is empty" in browser.send(page, page.form("/cart/fixes")).text


def test_an_unchosen_line_keeps_nobody_from_the_checkout(browser, shop, listed) -> None:
    page = two_merchants(browser, listed)
    inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE", 0)
    page = chosen(browser, page, "kiln.CUP")
    assert page.one("aside a.button--primary")["href"] == "/checkout"


def test_a_new_price_is_told_until_it_is_accepted(browser, shop, listed) -> None:
    put(browser, listed("TEE", price=1_000))
    reprice(shop, 1_100)
    page = browser.get("/cart")
    assert page.texts(".warn") == ["The price was £10.00 and is £11.00 now"]
    assert page.soup.select("aside a.button--primary"), "a new price forbids nothing"
    page = browser.send(page, page.form("/cart/fixes"))
    assert not page.texts(".warn")


def reprice(shop, price: int) -> None:
    """Let acme ask another price for its only product."""
    seller = shop.sellers["acme"]
    product = catalog.own_products(seller.actor).items[0]
    variant = WantedVariant("TEE", Money(price, "GBP"))
    catalog.change(seller.actor, product.id, Wanted(variants=(variant,)))


def test_pages_that_choose_and_settle_keep_to_three_trips(browser, listed) -> None:
    page = put(browser, listed("TEE"))
    for path in ("/cart/selection", "/cart/fixes"):
        with counted() as trips:
            token = values(page.form("/cart/selection"))["csrf"]
            browser.post(path, {"csrf": token, "sku": "acme.TEE"}, follow=False)
        assert len(trips) <= 3
