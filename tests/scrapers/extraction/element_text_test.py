"""What the text of an element is."""

import pytest

from scrapers.extraction.css_query import select
from scrapers.extraction.element_text import own_texts, whole_text, whole_texts
from scrapers.extraction.html_tree import HtmlTree


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a\u00a0b \n\t c</p>", "a b c"),
        ("<p></p>", ""),
        ("<p>1<sup>st</sup> of<br>May</p>", "1st of May"),
        ("<p><!-- no -->x</p>", "x"),
        ("<p>x<script>no</script><style>no</style><template>no</template></p>", "x"),
        ("<p>𝓤𝓷𝓲 ‮rtl‬ \u200bzero</p>", "𝓤𝓷𝓲 ‮rtl‬ \u200bzero"),
        ("<textarea>  kept? </textarea>", "kept?"),
    ],
)
def test_whole_text(html: str, text: str) -> None:
    assert whole_text(select(HtmlTree(html).root, "body > *")[0]) == text


def test_many_elements_have_the_texts_that_each_has() -> None:
    nodes = select(HtmlTree("<i>a</i><i> b  c </i>").root, "i")
    mixed = select(HtmlTree("<i>a</i><i></i><i>b<b>c</b></i><script>  x</script>").root, "i, script")

    assert whole_texts(nodes) == ["a", "b c"]
    assert whole_texts(mixed) == ["a", "", "bc", "  x"]
    assert whole_texts([]) == []


def test_own_texts_are_in_page_order_also_where_elements_lie_in_each_other() -> None:
    root = HtmlTree("<ul>0<li>1<ul>2<li>3</ul>4</ul>").root

    assert own_texts(select(root, "li")) == ["1", "3", "4"]
    assert own_texts(select(root, "ul")) == ["0", "2"]
