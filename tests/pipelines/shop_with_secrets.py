"""A source that sends a secret in every way, and has columns about persons."""

__all__ = ["SECRET", "SHOP", "SPELLINGS"]

SECRET = "hush-4711/äx"  # noqa: S105  of nobody
SPELLINGS = [SECRET, "hush-4711%2F", "hush-4711\\/", "hush-4711/\\u00e4x"]
SHOP = """
source: shop
table: shop.items
key: [sku]
seeds: {urls: ["http://shop.test/list?token=${secret.shop_key}"]}
politeness: {delay_secs: 0}
checks: {max_dead: 1.0}
pages:
  list:
    request: {headers: {X-Key: "${secret.shop_key}"}}
    items: {css: b}
    fields:
      sku: {css: "::attr(id)", required: true}
      buyer: {css: "::attr(who)", personal: hash}
      phone: {css: "::attr(phone)", personal: drop}
      note: {css: i}
      price: {css: "::attr(price)", type: integer}
    follow: {to: detail, url: {css: "::attr(at)"}, carry: item}
  detail:
    request: {method: POST, json: {key: "${secret.shop_key}"}}
    fields: {stock: {css: p, type: integer}}
"""
