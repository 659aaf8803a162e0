"""Souk's Chalice app: registers the blueprints of every room. No logic lives here."""

from chalice import Chalice

from chalicelib.aws import workers as relay
from chalicelib.contexts.cart import api as cart_api
from chalicelib.contexts.catalog.api import merchant as catalog_merchant
from chalicelib.contexts.catalog.api import shop as catalog_shop
from chalicelib.contexts.identity import api as identity_api
from chalicelib.contexts.inventory import api as inventory_api
from chalicelib.contexts.inventory import workers as inventory_workers
from chalicelib.contexts.orders import workers as orders_workers
from chalicelib.contexts.orders.api import selling, shopping
from chalicelib.contexts.payments import api as payments_api
from chalicelib.contexts.payments import workers as payments_workers
from chalicelib.contexts.settlement import api as settlement_api
from chalicelib.contexts.settlement import workers as settlement_workers
from chalicelib.contexts.shipping import api as shipping_api
from chalicelib.web import about
from chalicelib.web.manners import every_answer

app = Chalice(app_name="souk")
app.api.binary_types = []
app.middleware("http")(every_answer)

BLUEPRINTS = (
    about.bp,
    relay.bp,
    catalog_merchant.bp,
    catalog_shop.bp,
    identity_api.bp,
    inventory_api.bp,
    inventory_workers.bp,
    payments_api.bp,
    payments_workers.bp,
    shipping_api.bp,
    settlement_api.bp,
    settlement_workers.bp,
    cart_api.bp,
    shopping.bp,
    selling.bp,
    orders_workers.bp,
)
for blueprint in BLUEPRINTS:
    app.register_blueprint(blueprint)
