"""A walk through the shop's pages and their states, for what is held over all of them."""

from collections.abc import Callable
from typing import Any

from tests.makers.browser import Browser, Page


def walked(browser: Browser, listed: Callable[..., Any]) -> dict[str, Page]:
    """Pages by what they are, with goods on the shelves; each is asked for as a new visitor would."""
    product = listed(category="tops")
    gone = listed("CUP", stock=0)
    wanted = {
        "home": "/",
        "all products": "/search",
        "a search": "/search?q=tee",
        "an advanced search": "/search/advanced?category=tops&q=tee",
        "a search without results": "/search?q=zzzz",
        "a category": "/c/clothing",
        "an empty category": "/c/tea",
        "a product": f"/p/{product.slug}",
        "a product that is sold out": f"/p/{gone.slug}",
        "a merchant": "/m/acme",
        "help": "/help",
        "terms": "/terms",
        "privacy": "/privacy",
        "shipping": "/shipping-and-returns",
        "an empty cart": "/cart",
        "sign in": "/account/sign-in",
        "register": "/account/register",
        "find an order": "/orders/find",
        "nothing": "/p/nothing",
    }
    pages = {name: browser.get(path) for name, path in wanted.items()}
    product_page = pages["a product"]
    pages["a cart"] = browser.send(product_page, product_page.form("/cart/lines"))
    pages["checkout"] = browser.get("/checkout")
    pages["a forged form"] = browser.post("/cart/quantities", {"csrf": "0"})
    return pages
