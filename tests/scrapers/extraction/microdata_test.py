from scrapers.extraction import microdata


def one(html: str, *types: str) -> dict[str, object]:
    [item] = microdata.find(html, types or ("Thing",))
    return item


def thing(inside: str) -> dict[str, object]:
    return one(f'<div itemscope itemtype="http://schema.org/Thing">{inside}</div>')


def test_values_are_taken_where_html_says():
    item = thing(
        "<b itemprop=name> Emma \n Bee</b><meta itemprop=a content=x><img itemprop=b src=/i.png>"
        "<a itemprop=c href=/l>t</a>"
        "<time itemprop=d datetime=2024-01-02>Tuesday</time><data itemprop=e value=7>seven</data>"
        "<object itemprop=f data=/o></object><time itemprop=g>10:30</time><meter itemprop=h value=0.5>half</meter>"
    )
    assert item == {
        "@type": "Thing", "name": "Emma Bee", "a": "x", "b": "/i.png", "c": "/l",
        "d": "2024-01-02", "e": "7", "f": "/o", "g": "10:30", "h": "0.5",
    }  # fmt: skip


def test_content_counts_on_any_element():
    assert thing('<span itemprop=price content="9.50">9,50 euros</span>')["price"] == "9.50"


def test_a_repeated_property_is_a_list_and_one_element_may_name_several():
    assert thing("<i itemprop=p>1</i><i itemprop='p q'>2</i>") == {"@type": "Thing", "p": ["1", "2"], "q": "2"}


def test_items_nest_and_own_only_their_own_properties():
    item = thing("<div itemprop=author itemscope itemtype='https://schema.org/Person'><b itemprop=name>Emma</b></div>")
    assert item == {"@type": "Thing", "author": {"@type": "Person", "name": "Emma"}}


def test_itemref_adds_properties_from_elsewhere_in_page_order():
    html = (
        "<p id=n itemprop=name>Emma</p>"
        "<div itemscope itemtype=Thing itemref='n more gone'><b itemprop=a>1</b></div>"
        "<div id=more><b itemprop=b>2</b><div itemscope itemprop=c><b itemprop=inner>3</b></div></div>"
    )
    assert one(html) == {"@type": "Thing", "name": "Emma", "a": "1", "b": "2", "c": {"inner": "3"}}


def test_an_item_inside_itself_ends():
    assert one("<div id=x itemscope itemtype=Thing itemref=x itemprop=self><b itemprop=a>1</b></div>")["a"] == "1"


def test_blocks_in_a_text_are_lines():
    assert thing("<ol itemprop=steps><li>Cut<li>Cook <b>well</b></ol>")["steps"] == "Cut\nCook well"


def test_an_image_that_a_script_loads_later_is_found():
    assert thing('<img itemprop=image src="data:image/gif;base64,R0" data-src="/real.jpg">')["image"] == "/real.jpg"


def test_nested_items_of_the_type_are_part_of_theirs_and_others_stand_alone():
    html = (
        "<div itemscope itemtype=Thing><b itemprop=name>a</b><div itemprop=part itemscope itemtype=Thing>"
        "<b itemprop=name>b</b></div><div itemscope itemtype=Thing><b itemprop=name>c</b></div></div>"
    )
    assert [item["name"] for item in microdata.find(html, ["Thing"])] == ["a", "c"]


def test_an_id_is_kept_and_an_item_without_properties_is_none():
    assert one("<div itemscope itemtype=Thing itemid=urn:x><b itemprop=a>1</b></div>")["@id"] == "urn:x"
    assert microdata.find("<div itemscope itemtype=Thing></div><p>text", ["Thing"]) == []


def test_items_nested_by_the_thousand_are_cut_off() -> None:
    html = "<div itemscope itemtype=http://schema.org/Person itemprop=a>" * 5_000 + "<b itemprop=name>x"

    assert microdata.find(html, ["Person"])[0]["@type"] == "Person"
