"""Every table, queue, rule, schedule and function of Souk, declared once.

The template, the IAM tests, `make status` and the local stack all read these tables, so there is no
second place to keep in step. Handler names are those given to Chalice by `name=`.
"""

from dataclasses import dataclass

STAGES = ("local", "dev", "prod")
SANDBOX_STAGES = ("local", "dev")
"""Where the sandbox payment company and courier may exist; never where real money is taken."""

QUEUE_RECEIVES_MAX = 5
QUEUE_RETENTION_S = 14 * 24 * 3600
VISIBILITY_PER_TIMEOUT = 6
"""AWS asks for a visibility timeout of at least six times the function's timeout."""

API_FUNCTION = "api_handler"
API_STAGE = "api"


INDEXES = {
    "by_owner": ("owner", "owner_at"),
    "by_state": ("state_owner", "owner_at"),
    "by_due": ("due_shard", "due_at"),
}
"""The sparse indexes a table may have: name -> partition key and sort key."""


@dataclass(frozen=True, slots=True)
class Table:
    """A room's DynamoDB table; `indexes` are names from `INDEXES`."""

    room: str
    indexes: tuple[str, ...] = ()
    has_stream: bool = False

    @property
    def logical_id(self) -> str:
        return f"{pascal(self.room)}Table"

    @property
    def setting(self) -> str:
        return f"SOUK_{self.room.upper()}_TABLE"

    def name(self, stage: str) -> str:
        return f"{stage}-souk-{self.room}"


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function; `group` names its policy file, `.chalice/policy-<group>.json`."""

    name: str
    group: str
    timeout_s: int = 30
    memory_mb: int = 512

    @property
    def logical_id(self) -> str:
        return "APIHandler" if self.name == API_FUNCTION else pascal(self.name)

    @property
    def policy_file(self) -> str:
        return f"policy-{self.group}.json"


@dataclass(frozen=True, slots=True)
class Queue:
    """A workflow's queue with its dead-letter queue, the worker behind it and the facts that feed it.

    `facts` are exact names, `families` are prefixes such as `orders.`. A queue with neither is fed
    by SendMessage or by a bucket.
    """

    room: str
    purpose: str
    handler: str
    facts: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    batch_size: int = 10
    window_s: int = 0
    setting: str = ""

    @property
    def key(self) -> str:
        """The short name: the room where it has one queue, else room and purpose."""
        rooms = [queue.room for queue in QUEUES]
        return self.room if rooms.count(self.room) == 1 else f"{self.room}-{self.purpose}"

    @property
    def logical_id(self) -> str:
        return f"{pascal(self.room)}{pascal(self.purpose)}Queue"

    @property
    def dead_logical_id(self) -> str:
        return f"{pascal(self.room)}{pascal(self.purpose)}DeadQueue"

    @property
    def rule_logical_id(self) -> str:
        return f"{pascal(self.room)}{pascal(self.purpose)}Rule"

    @property
    def is_fed_by_bus(self) -> bool:
        return bool(self.facts or self.families)

    @property
    def visibility_s(self) -> int:
        return VISIBILITY_PER_TIMEOUT * function(self.handler).timeout_s

    def name(self, stage: str) -> str:
        return f"{stage}-souk-{self.room}-{self.purpose}"

    def dead_name(self, stage: str) -> str:
        return f"{self.name(stage)}-dead"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that a clock starts; `retries` are those of Lambda's asynchronous invocation."""

    handler: str
    expression: str
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """The outbox table's stream and the relay that puts its new rows on the bus.

    A row that cannot be published holds up those behind it no longer than `age_s`; the sweeper
    publishes them before that.
    """

    table: str = "outbox"
    handler: str = "outbox_relay"
    key: str = "outbox-relay"
    batch_size: int = 100
    retries: int = 10
    age_s: int = 300
    dead_logical_id: str = "OutboxRelayDeadQueue"

    def dead_name(self, stage: str) -> str:
        return f"{stage}-souk-{self.key}-dead"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A private bucket; `setting` is the variable that carries its name to the functions."""

    purpose: str
    setting: str = ""

    @property
    def logical_id(self) -> str:
        return f"{pascal(self.purpose)}Bucket"


def pascal(name: str) -> str:
    """`orders_on_fact` and `orders-on-fact` become `OrdersOnFact`, as Chalice names resources."""
    return "".join(word[0].upper() + word[1:] for word in name.replace("-", "_").split("_"))


def bus_name(stage: str) -> str:
    return f"{stage}-souk-bus"


def stack_name(stage: str) -> str:
    return f"{stage}-souk"


def function(name: str) -> Function:
    """The declared function of this name; a name that is not declared is our mistake."""
    return next(candidate for candidate in FUNCTIONS if candidate.name == name)


TABLES = (
    Table("identity"),
    Table("merchants", indexes=("by_state",)),
    Table("catalog", indexes=("by_owner", "by_state", "by_due")),
    Table("inventory"),
    Table("shipping", indexes=("by_owner",)),
    Table("payments", indexes=("by_due",)),
    Table("members", indexes=("by_due",)),
    Table("promotions"),
    Table("cart"),
    Table("orders", indexes=("by_owner", "by_state", "by_due")),
    Table("aftersales", indexes=("by_owner", "by_state", "by_due")),
    Table("settlement", indexes=("by_owner",)),
    Table("notifications"),
    Table("privacy", indexes=("by_due",)),
    Table("idempotency"),
    Table("outbox", indexes=("by_due",), has_stream=True),
)

FUNCTIONS = (
    Function(API_FUNCTION, "api", timeout_s=28, memory_mb=1024),
    Function("outbox_relay", "relay"),
    Function("outbox_sweep", "relay"),
    Function("catalog_on_import", "catalog", timeout_s=300, memory_mb=1024),
    Function("catalog_on_picture", "catalog", timeout_s=60, memory_mb=1024),
    Function("catalog_on_listing_fact", "catalog"),
    Function("catalog_retry_pictures", "catalog"),
    Function("catalog_write_sitemaps", "catalog", timeout_s=300, memory_mb=1024),
    Function("members_on_picture", "members", timeout_s=60, memory_mb=1024),
    Function("members_on_order_fact", "members"),
    Function("members_sweep_due", "members", timeout_s=300),
    Function("search_build", "search", timeout_s=900, memory_mb=2048),
    Function("promotions_on_sale_fact", "promotions"),
    Function("promotions_on_occasion", "promotions"),
    Function("promotions_on_issue", "promotions", timeout_s=60),
    Function("promotions_push_issues", "promotions", timeout_s=60),
    Function("inventory_on_stock_fact", "inventory"),
    Function("orders_on_shipment_fact", "orders"),
    Function("orders_on_timeline_fact", "orders"),
    Function("orders_sweep_due", "orders"),
    Function("payments_on_refund_requested", "payments"),
    Function("payments_ask_provider", "orders"),
    Function("settlement_on_fact", "settlement"),
    Function("settlement_close_statements", "settlement", timeout_s=300),
    Function("notifications_on_fact", "notifications"),
    Function("privacy_on_fact", "privacy", timeout_s=60),
    Function("privacy_sweep_due", "privacy", timeout_s=60),
)

QUEUES = (
    Queue(
        "catalog",
        "imports",
        "catalog_on_import",
        batch_size=1,
        setting="SOUK_CATALOG_IMPORTS_QUEUE_URL",
    ),
    Queue("catalog", "pictures", "catalog_on_picture", setting="SOUK_CATALOG_PICTURES_QUEUE_URL"),
    Queue(
        "catalog",
        "listings",
        "catalog_on_listing_fact",
        facts=(
            "catalog.ProductListed",
            "catalog.ProductDelisted",
            "catalog.ProductChanged",
            "catalog.PriceChanged",
            "catalog.CategoriesChanged",
            "inventory.StockRanOut",
            "inventory.StockCameBack",
            "merchants.MerchantApproved",
            "merchants.MerchantSuspended",
            "orders.PurchasePaid",
        ),
    ),
    Queue("members", "pictures", "members_on_picture", batch_size=1),
    Queue(
        "members",
        "points",
        "members_on_order_fact",
        facts=("orders.PurchasePaid", "orders.OrderCompleted", "payments.RefundSucceeded"),
    ),
    Queue(
        "promotions",
        "statistics",
        "promotions_on_sale_fact",
        facts=("orders.PurchasePaid", "orders.RefundRequested"),
    ),
    Queue(
        "promotions",
        "occasions",
        "promotions_on_occasion",
        facts=(
            "identity.MemberJoined",
            "members.BirthdayCame",
            "members.OrderCounted",
            "members.TierChanged",
        ),
    ),
    Queue(
        "promotions",
        "issues",
        "promotions_on_issue",
        batch_size=1,
        setting="SOUK_PROMOTIONS_ISSUES_QUEUE_URL",
    ),
    Queue(
        "inventory",
        "levels",
        "inventory_on_stock_fact",
        facts=(
            "catalog.StockCounted",
            "inventory.StockHeld",
            "inventory.HoldConsumed",
            "inventory.HoldReleased",
            "inventory.StockGivenBack",
            "inventory.StockPut",
        ),
    ),
    Queue(
        "orders",
        "shipments",
        "orders_on_shipment_fact",
        facts=("shipping.ShipmentMoved", "shipping.ShipmentDelivered"),
    ),
    Queue(
        "orders",
        "timeline",
        "orders_on_timeline_fact",
        families=("orders.", "payments.", "shipping."),
    ),
    Queue("payments", "refunds", "payments_on_refund_requested", facts=("orders.RefundRequested",)),
    Queue(
        "settlement",
        "facts",
        "settlement_on_fact",
        facts=(
            "orders.PurchasePaid",
            "orders.OrderCompleted",
            "orders.RefundRequested",
            "payments.PaymentCaptured",
            "payments.RefundSucceeded",
            "payments.RefundFailed",
            "members.PointsMoved",
        ),
    ),
    Queue(
        "notifications",
        "mail",
        "notifications_on_fact",
        facts=(
            "aftersales.HelpGiven",
            "identity.CodeRequested",
            "orders.PurchasePlaced",
            "orders.PurchasePaid",
            "orders.OrderShipped",
            "orders.OrderPartlyShipped",
            "orders.OrderDelivered",
            "payments.RefundSucceeded",
        ),
    ),
    Queue(
        "privacy",
        "requests",
        "privacy_on_fact",
        facts=("privacy.ExportRequested", "privacy.MemberErased"),
        batch_size=1,
    ),
)

SCHEDULES = (
    Schedule("privacy_sweep_due", "rate(1 hour)"),
    Schedule("members_sweep_due", "rate(1 hour)"),
    Schedule("promotions_push_issues", "rate(5 minutes)"),
    Schedule("outbox_sweep", "rate(1 minute)"),
    Schedule("orders_sweep_due", "rate(1 minute)"),
    Schedule("payments_ask_provider", "rate(5 minutes)"),
    Schedule("catalog_retry_pictures", "rate(15 minutes)"),
    Schedule("catalog_write_sitemaps", "rate(1 hour)"),
    Schedule("search_build", "rate(5 minutes)"),
    Schedule("settlement_close_statements", "cron(0 2 * * ? *)", retries=2),
)

STREAM = Stream()

ARRIVALS = (
    ("imports/", "CatalogImportsQueue"),
    ("pictures/", "CatalogPicturesQueue"),
    ("videos/", "CatalogPicturesQueue"),
    ("avatars/", "MembersPicturesQueue"),
)
"""Where files arrive in the uploads' bucket, and the queue that hears of it."""
MEDIA = Bucket("media", setting="SOUK_MEDIA_BUCKET")
UPLOADS = Bucket("uploads", setting="SOUK_UPLOADS_BUCKET")
STATIC = Bucket("static")
SEARCH = Bucket("search", setting="SOUK_SEARCH_BUCKET")
BUCKETS = (MEDIA, UPLOADS, STATIC, SEARCH)
