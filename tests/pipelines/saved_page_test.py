import dataclasses
from pathlib import Path

import pytest

from pipelines.saved_page import load_page, save_page
from schemas.page import Captured, Page
from schemas.request import Request

REQUEST = Request(
    "shop",
    "http://shop.test/api",
    "try",
    page_type="price",
    method="POST",
    headers=(("X-Key", "${secret.key}"),),
    body=b'{"a": 1}',
    params={"city": "Praha"},
    item={"sku": "A1", "tags": ["x"]},
    page_number=2,
    depth=1,
)
PAGE = Page(REQUEST, 200, "http://shop.test/api?x", (("Content-Type", "application/json"),), b'{"p": 1}', 1e9, 0.25)


def test_a_page_comes_back_as_it_was(tmp_path: Path):
    save_page(tmp_path / "case", PAGE)

    assert load_page(tmp_path / "case") == PAGE
    assert (tmp_path / "case" / "page.json").read_bytes() == PAGE.body


def test_a_rendered_page_comes_back_with_the_answers_it_read(tmp_path: Path):
    answers = (
        Captured("http://shop.test/q?a", 200, "application/json; charset=utf-8", b'{"p": 1}'),
        Captured("http://shop.test/q?b", 500, "", b""),
    )
    rendered = dataclasses.replace(PAGE, body=b"<p>", rendered=True, captured=answers)
    save_page(tmp_path, rendered)

    assert load_page(tmp_path) == rendered
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "captured-1.json", "captured-2.bin", "meta.json", "page.html",
    ]  # fmt: skip

    save_page(tmp_path, PAGE)

    assert load_page(tmp_path) == PAGE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meta.json", "page.json"]


def test_cookies_are_not_kept(tmp_path: Path):
    save_page(tmp_path, dataclasses.replace(PAGE, headers=(("Set-Cookie", "session=hush"),)))

    assert b"hush" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content_type", "body", "name"),
    [
        ("text/html; charset=utf-8", b"<p>", "page.html"),
        ("application/xml", b"<a/>", "page.xml"),
        ("text/plain", b"a", "page.txt"),
        ("", b" <html>", "page.html"),
        ("application/octet-stream", b"\0", "page.bin"),
    ],
)
def test_the_body_is_a_file_of_its_kind(tmp_path: Path, content_type: str, body: bytes, name: str):
    save_page(tmp_path, dataclasses.replace(PAGE, headers=(("content-type", content_type),), body=body))

    assert (tmp_path / name).read_bytes() == body


def test_a_page_of_another_kind_replaces_the_earlier_one(tmp_path: Path):
    save_page(tmp_path, PAGE)
    save_page(tmp_path, dataclasses.replace(PAGE, headers=(("Content-Type", "text/html"),)))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["meta.json", "page.html"]


def test_a_broken_meta_file_is_told_with_its_name(tmp_path: Path):
    (tmp_path / "meta.json").write_text("{}")

    with pytest.raises(ValueError, match=r"meta\.json"):
        load_page(tmp_path)
