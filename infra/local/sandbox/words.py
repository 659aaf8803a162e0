"""The words on the sandbox's pages, in English and Chinese."""

LANGUAGES = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    "name": ("Souk Sandbox", "Souk 沙盒"),
    "other_language": ("中文", "English"),
    "nothing_by_itself": (
        "A pretend payment company and courier. No money moves, nothing happens by itself.",
        "这里是假想的支付公司和快递公司。没有真的钱，也不会自己发生任何事。",
    ),
    "payments": ("Payments", "付款"),
    "messages": ("Messages", "邮件和短信"),
    "messages_help": (
        "Mails and texts that the shop has sent, the newest first. On one machine nobody else gets them.",
        "商城发出的邮件和短信，最新的在前。在本机上不会真的寄给任何人。",
    ),
    "look_again": ("Look again", "刷新"),
    "mails": ("Mails", "邮件"),
    "texts": ("Texts to phones", "手机短信"),
    "no_messages": (
        "Nothing was sent yet. Ask for a code at the shop's sign-in, or place an order.",
        "还没有发出任何消息。到商城登录页获取验证码，或者下一个订单。",
    ),
    "emulator_down": ("The emulator does not answer.", "模拟器没有回应。"),
    "courier": ("Courier", "快递"),
    "refunds": ("Refunds", "退款"),
    "pay_title": ("Souk Sandbox Pay", "Souk 沙盒支付"),
    "pay_to": ("To pay to Souk", "付给 Souk"),
    "payment": ("Payment", "付款编号"),
    "approve": ("Approve", "批准付款"),
    "decline": ("Decline", "拒绝付款"),
    "expire": ("Expire", "让付款过期"),
    "approve-late": ("Approve late", "过期后才付款"),
    "dispute": ("Open a chargeback", "发起拒付"),
    "approve_late_help": (
        "Sends the capture whatever happened before, as when money arrives after expiry.",
        "不管之前发生过什么都会发出扣款通知，就像订单过期之后钱才到账。",
    ),
    "back_to_shop": ("Back to the shop", "回到商城"),
    "told": ("What Souk was told", "已通知 Souk"),
    "nothing_told": ("Nothing yet.", "暂时没有。"),
    "delivered": ("delivered", "已送达"),
    "not_delivered": ("not delivered", "未送达"),
    "attempts": ("Tries", "尝试"),
    "no answer": ("no answer", "没有回应"),
    "send_again": ("Send again", "再发一次"),
    "no_payments": (
        "No payment has been started. Check out in the shop and choose Sandbox.",
        "还没有付款。到商城下单，并选择沙盒支付。",
    ),
    "no_shipments": (
        "Enter a tracking number, or follow the tracking link of an order.",
        "请输入运单号，或者打开订单里的物流链接。",
    ),
    "no_refunds": (
        "No refund has been asked for. Refund an order in the console.",
        "还没有退款。到商家后台为订单退款。",
    ),
    "tracking_number": ("Tracking number", "运单号"),
    "look_up": ("Look up", "查询"),
    "look_up_help": (
        "Any number is taken: you speak for the courier that carries it.",
        "任何运单号都可以，由你来代表快递公司。",
    ),
    "place": ("Place (optional)", "地点（可不填）"),
    "description": ("Note (optional)", "说明（可不填）"),
    "picked_up": ("Picked up", "已揽收"),
    "in_transit": ("In transit", "运输中"),
    "out_for_delivery": ("Out for delivery", "派送中"),
    "delivered_event": ("Delivered", "已签收"),
    "exception": ("Trouble on the way", "运输异常"),
    "returned": ("Returned to the merchant", "已退回商家"),
    "ready_for_pickup": ("Ready for pickup", "待自提"),
    "collected": ("Collected", "已自提"),
    "succeed": ("Succeed", "退款成功"),
    "fail": ("Fail", "退款失败"),
    "refund": ("Refund", "退款编号"),
    "amount": ("Amount", "金额"),
    "not_found": ("There is nothing here", "这里什么都没有"),
    "not_found_help": (
        "The address is wrong, or the sandbox has been reset since.",
        "地址不对，或者沙盒已经被重置。",
    ),
    "bad_link": ("This link was not made by Souk", "这个链接不是 Souk 发出的"),
    "bad_link_help": (
        "Its signature does not fit. Go back to the shop and start the payment again.",
        "链接的签名不对。请回到商城重新付款。",
    ),
}
assert all(en and zh for en, zh in WORDS.values())


def language(accept_language: str, asked: str) -> str:
    """The page's language: as asked for in the address, else by the browser's first choice."""
    if asked in LANGUAGES:
        return asked
    return "zh" if accept_language.strip().lower().startswith("zh") else "en"


def word(key: str, lang: str) -> str:
    return WORDS[key][LANGUAGES.index(lang)]
