"""The lamp shop's products: seeded, so the same at every start."""

import dataclasses
import functools
import random

__all__ = ["CATEGORIES", "Product", "in_category", "products"]

SEED = 2026
CATEGORIES = {
    "table-lamps": "Table lamps",
    "floor-lamps": "Floor lamps",
    "pendants": "Pendants",
    "wall-lights": "Wall lights",
    "outdoor": "Outdoor",
}
PRODUCTS_A_CATEGORY = 60
LISTED_TWICE = 4  # products of the first category that the last one lists too, as shops do

_BRANDS = ["Hálo", "Nordlys", "Lumière & Fils", "Okabe", "Straße 9", "Lampisterie"]
_MATERIALS = ["brass", "oak", "linen", "smoked glass", "powder-coated steel", "paper", "ceramic"]
_SHAPES = ["Arc", "Dome", "Globe", "Cone", "Ring", "Lantern", "Tripod", "Mushroom"]
_COLOURS = ["black", "white", "amber", "moss green", "terracotta", "chrome"]
_TAGS = ["dimmable", "led", "smart home", "handmade", "bestseller", "last chance"]


@dataclasses.dataclass(frozen=True)
class Product:
    """One product. `image` and `rating` are None where the shop has none; `amount` where it is no longer sold."""

    sku: str
    title: str
    brand: str
    category: str
    description: str
    material: str
    watts: int
    height_cm: float
    rating: float | None
    reviews: int
    image: str | None
    tags: list[str]
    in_stock: bool
    gtin: str
    amount: str | None


def _product(category: str, number: int) -> Product:
    chance = random.Random(f"{SEED}:{category}:{number}")  # noqa: S311  demo data
    sku = f"{category[:2].upper()}-{1000 + number}"
    material, colour, shape = chance.choice(_MATERIALS), chance.choice(_COLOURS), chance.choice(_SHAPES)
    reviews = chance.choice([0, 0, 3, 12, 48, 131])
    return Product(
        sku=sku,
        title=f"{shape} {number} in {colour}",
        brand=chance.choice(_BRANDS),
        category=category,
        description=f"{shape} of {material} in {colour} – made to last “a lifetime”.\n  Bulb included.",
        material=material,
        watts=chance.choice([5, 7, 9, 12, 40]),
        height_cm=chance.randrange(180, 1900) / 10,
        rating=round(chance.uniform(2.5, 5), 1) if reviews else None,
        reviews=reviews,
        image=None if chance.random() < 0.1 else f"/img/{sku.lower()}.jpg",
        tags=sorted(chance.sample(_TAGS, chance.randrange(0, 4))),
        in_stock=chance.random() < 0.85,
        gtin=f"40{chance.randrange(10**10, 10**11)}",
        amount=None if chance.random() < 0.02 else f"{chance.randrange(1900, 189900) / 100:.2f}",
    )


@functools.cache
def products() -> dict[str, Product]:
    """All of them by sku."""
    made = (_product(category, number) for category in CATEGORIES for number in range(PRODUCTS_A_CATEGORY))
    return {product.sku: product for product in made}


def in_category(category: str) -> list[Product]:
    """What a category lists."""
    listed = [product for product in products().values() if product.category == category]
    first, *_, last = CATEGORIES
    return listed + in_category(first)[:LISTED_TWICE] if category == last else listed
