"""A deterministic shop: listing pages of 30 cards and 40 KB, and the truth about every product."""

import random
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["CARDS", "Product", "blurb", "listing_html", "product", "products"]

CARDS = 30
_TEXT = (
    "alpine amber atlas birch brass cedar cobalt copper coral delta ember fjord flint granite harbor indigo ivory "
    "juniper kestrel lagoon linen lunar maple marble meadow nickel north ocean olive onyx opal orchid pearl pine "
    "prairie quartz raven river saddle sable sienna slate spruce stone summit tidal umber velvet walnut willow"
)
_THINGS = "lamp chair desk kettle mug jacket boot tent bottle rug shelf clock radio speaker knife pan scarf bag"
WORDS, NOUNS = _TEXT.split(), _THINGS.split()
CURRENCIES = ("USD", "EUR", "GBP")


class Product(NamedTuple):
    """What is true of one product: the eight fields that every contestant extracts."""

    sku: str
    title: str
    price: float
    currency: str
    rating: float
    reviews: int
    in_stock: bool
    url: str


def product(number: int) -> Product:
    """One product; the same number gives the same product in every process.

    >>> product(7).sku, product(7) == product(7)
    ('SKU-0000007', True)
    """
    bits = (number * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 29
    adjective, noun = WORDS[bits % len(WORDS)], NOUNS[bits // 64 % len(NOUNS)]
    return Product(
        sku=f"SKU-{number:07d}",
        title=f"{adjective.title()} {noun} {number}",
        price=(300 + bits % 89_700) / 100,
        currency=CURRENCIES[bits % 3],
        rating=(10 + bits // 128 % 41) / 10,
        reviews=bits // 4096 % 5000,
        in_stock=bits % 5 != 0,
        url=f"/item/{number}",
    )


def products(pages: int) -> Iterator[Product]:
    """The truth about the first so many listing pages."""
    return map(product, range(pages * CARDS))


def _blurbs(count: int, words: int) -> list[str]:
    choose = random.Random(1)  # noqa: S311  the same text in every process
    return [" ".join(choose.choices(WORDS, k=words)) for _ in range(count)]


_BLURBS = _blurbs(512, 108)
_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Listing {0}</title>'
    '<link rel="stylesheet" href="/assets/base.css"><link rel="stylesheet" href="/assets/theme.css">'
    '<script src="/assets/lib.js"></script></head><body><header><nav>'
    + "".join(f'<a class="nav" href="/list/{number}">Category {number}</a>' for number in range(20))
    + '</nav></header><main class="grid">'
)
_FOOT = '</main><footer><p>Example shop</p></footer><script src="/assets/page.js"></script></body></html>'
_BUTTONS = '<div class="actions"><button type="button">Add to cart</button><button type="button">Compare</button></div>'


def blurb(number: int) -> str:
    """What is said of a product: 108 words that nobody extracts."""
    return _BLURBS[number * 37 % len(_BLURBS)]


def listing_html(page: int) -> str:
    """One listing page."""
    first = page * CARDS
    cards = [_card(product(number), number, number - first < 10) for number in range(first, first + CARDS)]
    return _HEAD.format(page) + "".join(cards) + _FOOT


def _card(item: Product, number: int, pictured: bool) -> str:
    picture = (
        f'<img class="pic" src="/img/{number}.png" width="96" height="96" alt="">'
        if pictured
        else '<div class="pic none"></div>'
    )
    stock, words = ("yes", "In stock") if item.in_stock else ("no", "Sold out")
    return (
        f'<article class="card" data-sku="{item.sku}"><div class="media">{picture}</div>'
        f'<h2 class="title"><a href="{item.url}">{item.title}</a></h2>'
        f'<p class="price" data-currency="{item.currency}"><span class="amount">{item.price:.2f}</span></p>'
        f'<div class="stars" data-rating="{item.rating}"><span class="sr">{item.rating} out of 5</span></div>'
        f'<span class="reviews">{item.reviews} reviews</span><span class="stock {stock}">{words}</span>'
        f'<p class="blurb">{blurb(number)}</p>{_BUTTONS}</article>'
    )
