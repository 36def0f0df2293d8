from scrapers.extraction import script_json


def script(text: str, attributes: str = "") -> str:
    return f"<script {attributes}>{text}</script>"


def test_a_data_block_is_found_as_a_whole():
    assert script_json.find(script('{"props": {"a": 1}}', 'id=__NEXT_DATA__ type="application/json"')) == [
        {"props": {"a": 1}}
    ]


def test_assigned_literals_are_found_in_javascript_of_any_spelling():
    html = script("window.state = {items: ['a', 'b',], next: null}; if (a == b) {} const rows=[[1, 2], [3, 4]];")
    assert script_json.find(html) == [{"items": ["a", "b"], "next": None}, [[1, 2], [3, 4]]]


def test_arguments_and_parsed_texts_are_found():
    html = script('push([1, "flight data"]); load({"id": 7, "name": "x"}); s = JSON.parse(\'{"deep": [1, 2, 3]}\')')
    assert script_json.find(html) == [[1, "flight data"], {"id": 7, "name": "x"}, {"deep": [1, 2, 3]}]


def test_jsonld_code_and_noise_are_left_out():
    html = script('{"@type": "Thing", "name": "x"}', 'type="application/ld+json"') + script(
        "a = {}; b = [1]; f = function(){ return {x: g(1)} }"
    )
    assert script_json.find(html) == []


def test_a_script_of_literals_that_never_end_does_not_take_minutes() -> None:
    assert script_json.find("<script>" + "a={b:" * 20_000 + "</script>") == []
    assert script_json.find("<script>" + "x = [[[" * 20_000 + "</script>") == []
