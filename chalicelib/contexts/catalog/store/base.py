"""What the catalog's rows have in common."""

from pynamodb.attributes import DiscriminatorAttribute, UnicodeAttribute

from chalicelib.aws.tables import Item


class CatalogItem(Item):
    """A row of the catalog's table."""

    class Meta:
        room = "catalog"

    kind = DiscriminatorAttribute()


class CatalogDoneItem(CatalogItem, discriminator="DONE"):
    """A fact that a worker of this room has handled."""

    fact = UnicodeAttribute()
