"""Souk's Chalice app: registers the blueprints of every room. No logic lives here."""

from chalice import Chalice

from chalicelib.aws import workers as relay
from chalicelib.contexts.aftersales import console as aftersales_console
from chalicelib.contexts.aftersales import pages as aftersales_pages
from chalicelib.contexts.cart import api as cart_api
from chalicelib.contexts.cart import pages as cart_pages
from chalicelib.contexts.catalog import pages as catalog_pages
from chalicelib.contexts.catalog import workers as catalog_workers
from chalicelib.contexts.catalog.api import imports as catalog_imports
from chalicelib.contexts.catalog.api import merchant as catalog_merchant
from chalicelib.contexts.catalog.api import shop as catalog_shop
from chalicelib.contexts.catalog.console import categories as categories_console
from chalicelib.contexts.catalog.console import imports as imports_console
from chalicelib.contexts.catalog.console import media as media_console
from chalicelib.contexts.catalog.console import products as products_console
from chalicelib.contexts.catalog.pages import fronts
from chalicelib.contexts.catalog.pages import lists as catalog_lists
from chalicelib.contexts.identity import api as identity_api
from chalicelib.contexts.identity import console as identity_console
from chalicelib.contexts.identity import pages as identity_pages
from chalicelib.contexts.identity.console import security as identity_console_security
from chalicelib.contexts.identity.pages import codes as identity_codes
from chalicelib.contexts.identity.pages import passkeys as identity_passkeys
from chalicelib.contexts.identity.pages import security as identity_security
from chalicelib.contexts.inventory import api as inventory_api
from chalicelib.contexts.inventory import console as inventory_console
from chalicelib.contexts.inventory import workers as inventory_workers
from chalicelib.contexts.members import workers as members_workers
from chalicelib.contexts.members.api import keeping as members_api
from chalicelib.contexts.members.api import points as members_points_api
from chalicelib.contexts.members.pages import account as members_account
from chalicelib.contexts.members.pages import addresses as members_addresses
from chalicelib.contexts.members.pages import favourites as members_favourites
from chalicelib.contexts.members.pages import linked as members_linked
from chalicelib.contexts.members.pages import points as members_points
from chalicelib.contexts.merchants import console as merchants_console
from chalicelib.contexts.notifications import workers as notifications_workers
from chalicelib.contexts.orders import console as orders_console
from chalicelib.contexts.orders import workers as orders_workers
from chalicelib.contexts.orders.api import selling, shopping
from chalicelib.contexts.orders.pages import checkout, finding, purchase
from chalicelib.contexts.payments import api as payments_api
from chalicelib.contexts.payments import console as payments_console
from chalicelib.contexts.payments import workers as payments_workers
from chalicelib.contexts.privacy import pages as privacy_pages
from chalicelib.contexts.privacy import workers as privacy_workers
from chalicelib.contexts.promotions import workers as promotions_workers
from chalicelib.contexts.promotions.api import claiming
from chalicelib.contexts.promotions.api import codes as promotions_codes
from chalicelib.contexts.promotions.api import issues as promotions_issues
from chalicelib.contexts.promotions.api import selling as promotions_selling
from chalicelib.contexts.promotions.console import calendar as offers_calendar
from chalicelib.contexts.promotions.console import campaign_editing as campaign_console
from chalicelib.contexts.promotions.console import campaigns as campaigns_console
from chalicelib.contexts.promotions.console import editing as offer_console
from chalicelib.contexts.promotions.console import issuing as issues_console
from chalicelib.contexts.promotions.console import listing as offers_console
from chalicelib.contexts.promotions.console import taxing as taxes_console
from chalicelib.contexts.promotions.pages import coupons as promotions_coupons
from chalicelib.contexts.search import workers as search_workers
from chalicelib.contexts.settlement import api as settlement_api
from chalicelib.contexts.settlement import console as settlement_console
from chalicelib.contexts.settlement import workers as settlement_workers
from chalicelib.contexts.shipping import api as shipping_api
from chalicelib.web import about, fragments, preferences, standing
from chalicelib.web.manners import every_answer

app = Chalice(app_name="souk", configure_logs=False)
app.api.binary_types = ["multipart/form-data"]  # so that uploaded files arrive byte for byte
app.middleware("http")(every_answer)

BLUEPRINTS = (
    about.bp,
    relay.bp,
    catalog_imports.bp,
    catalog_merchant.bp,
    catalog_shop.bp,
    catalog_workers.bp,
    members_workers.bp,
    search_workers.bp,
    identity_api.bp,
    members_api.bp,
    members_points_api.bp,
    inventory_api.bp,
    inventory_workers.bp,
    payments_api.bp,
    payments_workers.bp,
    shipping_api.bp,
    settlement_api.bp,
    settlement_workers.bp,
    promotions_selling.bp,
    promotions_codes.bp,
    promotions_issues.bp,
    promotions_workers.bp,
    claiming.bp,
    cart_api.bp,
    shopping.bp,
    selling.bp,
    orders_workers.bp,
    notifications_workers.bp,
    privacy_workers.bp,
    fragments.bp,
    preferences.bp,
    catalog_pages.bp,
    catalog_lists.bp,
    fronts.bp,
    standing.bp,
    cart_pages.bp,
    checkout.bp,
    finding.bp,
    purchase.bp,
    identity_pages.bp,
    identity_codes.bp,
    identity_security.bp,
    identity_passkeys.bp,
    members_account.bp,
    members_addresses.bp,
    members_favourites.bp,
    members_points.bp,
    members_linked.bp,
    promotions_coupons.bp,
    aftersales_pages.bp,
    privacy_pages.bp,
    identity_console.bp,
    identity_console_security.bp,
    orders_console.bp,
    categories_console.bp,
    products_console.bp,
    media_console.bp,
    imports_console.bp,
    inventory_console.bp,
    settlement_console.bp,
    merchants_console.bp,
    payments_console.bp,
    offers_console.bp,
    offer_console.bp,
    offers_calendar.bp,
    campaigns_console.bp,
    campaign_console.bp,
    issues_console.bp,
    taxes_console.bp,
    aftersales_console.bp,
)
for blueprint in BLUEPRINTS:
    app.register_blueprint(blueprint)
