"""What the room tells itself to do later: messages of its two queues."""

from msgspec import Struct


class RunImport(Struct, frozen=True):
    """Go on with an import where its job stands."""

    import_id: str
    tries: int = 0
    task: str = "import"


class Relist(Struct, frozen=True):
    """Bring the index in step with every product, or with one merchant's, from a cursor on."""

    merchant_id: str = ""
    cursor: str = ""
    is_afresh: bool = False
    task: str = "relist"


class FetchPictures(Struct, frozen=True):
    """Fetch the pictures that a product still lacks."""

    product_id: str
    import_id: str = ""
