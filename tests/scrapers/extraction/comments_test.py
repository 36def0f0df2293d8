import time

from scrapers.extraction import comments


def test_comments_with_elements_are_documents():
    html = "<!doctype html><!-- plain --><p>x</p><!-- <table id=a></table> --><!--[if IE]><p>old</p><![endif]-->"
    assert comments.documents(html) == [" <table id=a></table> ", "[if IE]><p>old</p><![endif]"]


def test_what_looks_like_a_comment_inside_a_script_is_none():
    html = '<SCRIPT>var a = "<!-- <b>no</b>";</SCRIPT><!--<b>yes</b>--><style><!-- <i>no</i> --></style>'
    assert comments.documents(html) == ["<b>yes</b>"]


def test_short_and_unclosed_comments_end_as_in_html():
    assert comments.documents("<!--><b>shown</b>--><!--<i>hidden</i>--!><u>shown</u><!-- <s>to the end") == [
        "<i>hidden</i>",
        " <s>to the end",
    ]


def test_many_comments_and_scripts_take_time_that_grows_with_their_length():
    started = time.monotonic()
    comments.documents("<!-- x --><script></script>" * 20_000)
    comments.documents("<script>" + "<!-- <b> " * 20_000)
    assert time.monotonic() - started < 30
