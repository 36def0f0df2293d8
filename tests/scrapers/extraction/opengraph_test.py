from scrapers.extraction import opengraph

PAGE = """<meta property="og:title" content=" Pumpkin  soup "><meta name="OG:IMAGE" content="/a.png">
<meta property="og:image" content="/b.png"><meta name=description content="Good">
<meta property="og:empty" content="">"""


def test_values_are_found_by_property_or_name_in_any_case_and_in_page_order():
    assert opengraph.find(PAGE, "og:title") == ["Pumpkin soup"]
    assert opengraph.find(PAGE, "og:image") == ["/a.png", "/b.png"]
    assert opengraph.find(PAGE, "description") == ["Good"]


def test_an_empty_value_is_none():
    assert opengraph.find(PAGE, "og:empty") == []
    assert opengraph.find("", "og:title") == []
