from pathlib import Path

from ruamel.yaml import YAML

from pipelines.origins import annotated_yaml


def test_the_text_is_the_same_mapping_with_an_origin_at_each_value():
    values = {"source": "shop", "seeds": {"urls": ["http://a.test/"]}, "fields": {"t": {"css": "h1"}}}
    origins = {"source": "/s/shop.yaml:1", "seeds.urls": "/s/base.yaml:2", "fields.t.css": "/s/shop.yaml:4"}

    text = annotated_yaml(values, origins, Path("/s"))

    assert YAML(typ="safe").load(text) == values
    lines = {line.strip().partition(":")[0]: line for line in text.splitlines()}
    assert lines["source"].endswith("# shop.yaml:1")
    assert lines["urls"].endswith("# base.yaml:2")
    assert lines["css"].endswith("# shop.yaml:4")


def test_an_origin_outside_of_the_folder_keeps_its_path():
    assert annotated_yaml({"a": 1}, {"a": "/elsewhere/x.yaml:7"}, Path("/s")) == "a: 1  # /elsewhere/x.yaml:7\n"
