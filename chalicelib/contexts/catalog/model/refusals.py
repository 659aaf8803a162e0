"""The catalog's refusals."""

from chalicelib.kernel.errors import Conflict, Malformed, NotFound, Refusal, TooLarge


class NoProduct(NotFound):
    """No such product, or none that this caller may see."""

    code, title = "catalog.no_product", "There is no such product"


class UnknownCategory(Refusal):
    """A product names a category that the tree does not have."""

    code, status, title = "catalog.unknown_category", 422, "There is no such category"


class CategoriesWrong(Refusal):
    """The operator's file of categories contradicts itself."""

    code, status, title = "catalog.categories_wrong", 422, "The categories contradict themselves"


class WrongCurrency(Refusal):
    """A price is in another currency than the merchant sells in."""

    code, status, title = "catalog.wrong_currency", 422, "Prices are in another currency here"


class CompareAtNotHigher(Refusal):
    """A compare-at price that is not higher than the price would show a saving that is none."""

    code, status, title = "catalog.compare_at_not_higher", 422, "Compare-at must exceed the price"


class OptionsMismatch(Refusal):
    """Each variant has exactly the product's options, and no two have the same values."""

    code, status, title = "catalog.options_mismatch", 422, "Options and variants do not fit"


class SkuRepeated(Refusal):
    """Two variants of one product have the same SKU."""

    code, status, title = "catalog.sku_repeated", 422, "A SKU stands on two variants"


class SkuTaken(Conflict):
    """The SKU belongs to another product of the same merchant."""

    code, title = "catalog.sku_taken", "Another product has this SKU"


class TooManyVariants(Refusal):
    code, status, title = "catalog.too_many_variants", 422, "A product has at most 100 variants"


class TooManyPictures(Refusal):
    code, status, title = "catalog.too_many_pictures", 422, "A product has at most 50 pictures"


class ProductTooLarge(Refusal):
    """A product lives in one item of the table, which has a size."""

    code, status, title = "catalog.product_too_large", 422, "The product's texts are too large"


class MediaWrong(Refusal):
    """A picture's address is neither http(s) nor one of Souk's own."""

    code, status, title = "catalog.media_wrong", 422, "A picture needs an http or https address"


class VideoNeedsPoster(Refusal):
    """A video waits behind a picture until it is played, so the product needs one first."""

    code, status, title = "catalog.video_needs_poster", 422, "Add a picture before a video"


class StateConflict(Conflict):
    """The product's state does not lead to the wanted one."""

    code, title = "catalog.state_conflict", "The product cannot go into this state"


class SkuMalformed(Malformed):
    """A merchant's own code is 1 to 64 of `A-Z a-z 0-9 . _ -`."""

    code, title = "catalog.sku_malformed", "A SKU is 1 to 64 of A-Z a-z 0-9 . _ -"


class TextMalformed(Malformed):
    """A text is blank or holds control characters."""

    code, title = "catalog.text_malformed", "A text is blank or holds control characters"


class AttributeMalformed(Malformed):
    """A value does not fit what its category's schema asks for; `errors` name each.

    Their codes: `wrong_type`, `wrong_unit`, `unknown_choice`, `out_of_range`.
    """

    code, title = "catalog.attribute_malformed", "An attribute's value does not fit its category"


class ImportEmpty(Malformed):
    code, title = "import.empty", "The file has no rows"


class ImportNotText(Malformed):
    """The file is binary, or in an encoding other than UTF-8."""

    code, title = "import.not_utf8", "The file is not text in UTF-8"


class ImportUnreadable(Malformed):
    """The file is text but no table of comma-separated values: an open quote, an endless line."""

    code, title = "import.unreadable", "The file is not comma-separated values"


class ImportColumnsMissing(Malformed):
    """Handle, Title and Variant Price (or their newer names) must be there."""

    code, title = "import.columns_missing", "The file lacks columns that an import needs"


class ImportTooLarge(TooLarge):
    """Up to 5 MB in the body; up to 200 MB as an upload."""

    code, title = "import.too_large", "The file is too large for an import"


class NoImport(NotFound):
    code, title = "catalog.no_import", "There is no such import"


class ChangedMeanwhile(Conflict):
    """Others kept changing the product while this change was tried."""

    code, title = "catalog.changed_meanwhile", "The product was changed meanwhile; try again"


class TooManyChanges(Refusal):
    """More variants would go at once than one transaction can take."""

    code, status = "catalog.too_many_changes", 422
    title = "Take fewer variants away at a time"
