from datetime import date

import pytest

HEAD = """<head><title>Snow in May surprises the north | The Daily</title>
<meta property="og:site_name" content="The Daily"><meta property="og:title" content="May, and it snows"></head>"""


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<h1 class=entry-title>Snow in May</h1><h2>Snow in May surprises the north</h2>", "Snow in May"),
        (
            "<h1>The Daily</h1><h2>Read also</h2><h2>Snow in May surprises the north</h2>",
            "Snow in May surprises the north",
        ),
        ("<h1>The Daily</h1><h2>May, and it snows</h2>", "May, and it snows"),
        ("<h1>Snow</h1>", "Snow"),
        ("<h1>The Daily</h1><h1>Other</h1>", "May, and it snows"),
    ],
)
def test_titles(read_rows, html, title):
    [row] = read_rows("articles", HEAD + html)
    assert row["title"] == title


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<meta property="article:published_time" content="2024-03-02T23:30:00+01:00"><time datetime=2020-01-01>',
            date(2024, 3, 2),
        ),
        (
            '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-03-02"}</script>',
            date(2024, 3, 2),
        ),
        ('<meta property="article:published_time" content="soon"><time datetime=2024-03-02>', date(2024, 3, 2)),
        ("<div class=post-meta>Von Emma, 2. März 2024</div>", date(2024, 3, 2)),
        ("<p>1 Jan 2001</p><article>Paris, le 2 mars 2024. Il neige.</article>", date(2024, 3, 2)),
        ("<p>Version 1.0.10, 1.2.10.2.2024 of March 2, 2024", date(2024, 3, 2)),
        ("<p>in 2024, 45 people", None),
    ],
)
def test_dates(read_rows, html, expected):
    [row] = read_rows("articles", "<h1>Snow</h1>" + html)
    assert row["date"] == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href=/author/emma>by Emma Bee</a>", "Emma Bee"),
        ("<p class=byline>Von <a href=/x>Emma Bee</a></p><meta name=author content=Daily>", "Emma Bee"),
        ("<p class=author>" + "About her. " * 9 + "</p><meta name=author content='Emma Bee'>", "Emma Bee"),
        ('<script type="application/ld+json">{"@type": "Article", "author": '
         '[{"@type": "Organization", "name": "Daily"}, '
         '{"@type": "Person", "name": "Emma Bee"}]}</script>', "Emma Bee"),
        ("<p>no one", None),
    ],
)  # fmt: skip
def test_authors(read_rows, html, expected):
    [row] = read_rows("articles", "<h1>Snow</h1>" + html)
    assert row["author"] == expected
