"""Sixty-odd things that shoppers type, and the product that each of them means."""

from functools import cache

from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.search.model import index, text
from chalicelib.contexts.search.model.index import Filters, Part

RIGHT_MIN = 95.0
TOP = 3

SHELF = """
linen-shirt | Blue linen shirt | clothes shirts
cotton-tee | Organic cotton T-shirt | clothes tops
oxford | White oxford shirt, button down | clothes shirts
jeans | Slim denim jeans | clothes trousers
dress | Summer dress with flowers | clothes dresses
sweater | Merino wool sweater | clothes knitwear
raincoat | Waterproof rain jacket | clothes coats
sneakers | White leather sneakers | shoes
boots | Hiking boots, waterproof | shoes outdoor
socks | Wool hiking socks, three pairs | clothes outdoor
backpack | Canvas backpack 20 l | bags
tote | Leather tote bag | bags
watch | Steel wristwatch | watches
headphones | Wireless headphones with noise cancelling | electronics audio
earbuds | True wireless earbuds | electronics audio
speaker | Portable bluetooth speaker | electronics audio
phone-case | Phone case, shockproof | electronics accessories
charger | Fast USB-C charger 65 W | electronics accessories
keyboard | Mechanical keyboard | electronics computers
mouse | Quiet wireless mouse | electronics computers
laptop-stand | Aluminium laptop stand | electronics computers
camera | Compact digital camera | electronics photo
mug | Stoneware coffee mug | kitchen
teapot | Cast iron teapot | kitchen tea
green-tea | Sencha green tea, 100 g | food tea
coffee | Ethiopia coffee beans | food coffee
chocolate | Dark chocolate bar 70% | food sweets
chef-knife | Chef's knife 20 cm | kitchen
pan | Non-stick frying pan | kitchen
lamp | Desk lamp with dimmer | home lighting
candle | Beeswax candle | home
vase | Glass flower vase | home
pillow | Goose down pillow | home bedding
duvet | Winter duvet 200 x 200 | home bedding
towel | Bath towel, cotton | home bath
sofa | Three seat sofa | furniture
chair | Oak dining chair | furniture
notebook | Dotted notebook A5 | stationery paper
pen | Fountain pen | stationery
puzzle | Jigsaw puzzle 1000 pieces | toys
bicycle | City bicycle 28 inch | sports
tent | Two person tent | outdoor
yoga | Yoga mat, natural rubber | sports
umbrella | Folding umbrella | accessories
zh-case | 华为手机壳 防摔保护套 | 数码 配件
zh-phone | 智能手机 128GB | 数码
zh-teacup | 红色陶瓷茶杯 | 家居 茶具
zh-tea | 西湖龙井绿茶 250克 | 食品 茶叶
zh-dress | 碎花连衣裙 夏季 | 服装 女装
zh-down | 加厚羽绒服 男款 | 服装 男装
zh-shoes | 透气运动鞋 跑步鞋 | 鞋
zh-pot | 不粘炒锅 32厘米 | 厨房
zh-lamp | 护眼台灯 学习专用 | 家居 灯具
zh-bag | 防水双肩包 电脑包 | 箱包
zh-duvet | 蚕丝被 双人 | 家居 床品
zh-headset | 蓝牙耳机 降噪 | 数码 音频
zh-lipstick | 哑光口红 正红色 | 美妆
zh-toy | 儿童积木玩具 | 玩具
"""

QUERIES = dict(
    pair.split(" = ")
    for pair in """
linen shirt = linen-shirt
blue shirt = linen-shirt
SHIRTS blue = linen-shirt
t-shirt = cotton-tee
organic tee = cotton-tee
oxford = oxford
button down shirt = oxford
jeans = jeans
denim = jeans
summer dress = dress
wool jumper = sweater
merino = sweater
rain coat = raincoat
waterproof jacket = raincoat
trainers white = sneakers
leather sneaker = sneakers
hiking boot = boots
hiking socks = socks
rucksack = backpack
canvas bag = backpack
leather bag = tote
steel watch = watch
noise cancelling headphones = headphones
headphnes wireless = headphones
earbuds = earbuds
bluetooth speaker = speaker
phone case = phone-case
usb charger = charger
mechanical keybord = keyboard
wireless mouse = mouse
laptop = laptop-stand
digital camera = camera
coffee mug = mug
coffee cup = mug
tea pot iron = teapot
teapot = teapot
green tea = green-tea
coffee beans = coffee
dark choclate = chocolate
chef knife = chef-knife
frying pan = pan
desk lamp = lamp
candel beeswax = candle
flower vase = vase
down pillow = pillow
quilt winter = duvet
bath towel = towel
couch = sofa
oak chair = chair
notebook a5 = notebook
fountain pen = pen
jigsaw = puzzle
bike = bicycle
tent for two = tent
yoga mat = yoga
umbrela = umbrella
手机壳 = zh-case
手機殼 = zh-case
华为 = zh-case
智能手机 = zh-phone
茶杯 = zh-teacup
红色茶杯 = zh-teacup
龍井 = zh-tea
绿茶 = zh-tea
连衣裙 = zh-dress
連衣裙 夏季 = zh-dress
羽绒服 = zh-down
运动鞋 = zh-shoes
跑步鞋 = zh-shoes
炒锅 = zh-pot
台灯 = zh-lamp
双肩包 = zh-bag
蚕丝被 = zh-duvet
蓝牙耳机 = zh-headset
降噪耳机 = zh-headset
口紅 = zh-lipstick
玩具 = zh-toy
积木 = zh-toy
shouji = zh-phone
kouhong = zh-lipstick
""".strip().splitlines()
)


@cache
def shelf() -> tuple[Searchable, ...]:
    """The products that are searched."""
    lines = [line.split(" | ") for line in SHELF.strip().splitlines()]
    return tuple(
        Searchable(
            code=code,
            title=title,
            words=words,
            body="",
            keys=(),
            counted=(),
            merchant="",
            created_at="2026-01-01T00:00:00Z",
            amount=1_000,
            name=title.casefold(),
            sold=0,
        )
        for code, title, words in lines
    )


def wrong(part: Part) -> dict[str, list[str]]:
    """The queries whose product is not among the first three, with what is."""
    found = {}
    for q, wanted in QUERIES.items():
        page = index.search([part], text.asked(q), Filters(), limit=TOP)
        codes = [hit.code for hit in page.hits]
        if wanted not in codes:
            found[q] = codes
    return found
