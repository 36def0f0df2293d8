"""A folder of sources: found by name, loaded at once, quickly."""

import time

import pytest

from scrapers.source_files.load import SourceFileErrors, load_sources

SHOP = "source: shop\ntable: a.b\nfields: {t: {css: h1}}\n"


def test_sources_are_found_by_the_name_that_they_give_themselves(write):
    folder = write(
        {"one.yaml": SHOP, "more/two.yml": SHOP.replace("shop", "zoo"), "_parts.yaml": "x: 1\n", ".x.yaml": "{"}
    )

    sources = load_sources(folder)

    assert list(sources) == ["shop", "zoo"]
    assert sources["zoo"].path == folder / "more" / "two.yml"
    assert sources["zoo"].folder == folder
    assert len(sources) == 2


def test_only_the_sources_asked_for_are_looked_at(write):
    folder = write({"shop.yaml": SHOP, "bad.yaml": "source: bad\nfilds: {}\n", "worse.yaml": "source: worse\n{"})

    assert list(load_sources(folder, ["shop"])) == ["shop"]


def test_a_name_that_does_not_exist_is_told_with_the_nearest(write):
    with pytest.raises(SourceFileErrors, match=r"there is no source `shopp` in this folder; did you mean `shop`\?"):
        load_sources(write({"shop.yaml": SHOP}), ["shopp"])
    with pytest.raises(SourceFileErrors, match="there is no source `x` in this folder; there is shop"):
        load_sources(write({"shop.yaml": SHOP}), ["x"])


def test_a_file_of_the_name_asked_for_says_why_it_is_not_that_source(write):
    folder = write({"lamps.yaml": SHOP, "zoo.yaml": "- a\n"})

    with pytest.raises(SourceFileErrors, match=r"^lamps\.yaml:1: source: this file is the source `shop`$"):
        load_sources(folder, ["lamps"])
    with pytest.raises(SourceFileErrors, match=r"^zoo\.yaml:1: this file is no source: it has no line `source: zoo`"):
        load_sources(folder, ["zoo"])


def test_a_name_given_twice_is_a_mistake_that_names_both_files(write):
    with pytest.raises(SourceFileErrors) as errors:
        load_sources(write({"a.yaml": SHOP, "b.yaml": "# other\n" + SHOP}))

    assert str(errors.value) == "b.yaml:2: source: the name `shop` is taken already, by a.yaml"


def test_other_yaml_is_left_alone_and_a_source_without_its_name_is_not(write):
    folder = write({"shop.yaml": SHOP, "compose.yaml": "services: {}\nversion: '3'\n"})
    assert list(load_sources(folder)) == ["shop"]

    with pytest.raises(SourceFileErrors) as errors:
        load_sources(write({"nameless.yaml": "souce: x\nseeds: {}\nfields: {}\n"}))
    assert str(errors.value).startswith("nameless.yaml:1: souce: has no line `source: NAME`")
    assert str(errors.value).endswith("did you mean `source`?")


def test_the_mistakes_of_all_files_come_at_once(write):
    bad = "source: {}\ntable: a.b\nfilds: {{t: {{css: h1}}}}\nkey: [x]\nschedule: {{cron: daily}}\n"
    folder = write({f"{name}.yaml": bad.format(name) for name in ("one", "two", "three")})

    with pytest.raises(SourceFileErrors) as errors:
        load_sources(folder)

    told = [(mistake.mark.file, mistake.path) for mistake in errors.value.mistakes]
    assert told == [
        (f"{name}.yaml", path) for name in ("one", "three", "two") for path in ("filds", "key", "schedule.cron")
    ]


def test_a_folder_that_does_not_exist_is_said(tmp_path):
    with pytest.raises(SourceFileErrors, match="there is no such folder of sources"):
        load_sources(tmp_path / "none")


def test_the_digest_changes_with_the_source_and_its_code(write):
    with_code = SHOP + "hooks: {item: code.fix}\n"

    def digest(text: str, code: str) -> str:
        return load_sources(write({"shop.yaml": text, "code.py": code})).digest

    one = digest(with_code, "def fix(item): return item\n")
    assert one == digest("# a comment\n" + with_code, "def fix(item): return item\n")
    assert one != digest(with_code, "def fix(item): return None\n")
    assert one != digest(with_code + "description: x\n", "def fix(item): return item\n")
    assert digest(SHOP, "a = 1\n") == digest(SHOP, "a = 2\n")


def test_two_hundred_sources_load_without_each_costing_more_than_the_one_before(write):
    page = "    items: {{css: 'li.s{n}'}}\n    fields:\n" + "".join(
        f"      f{i}: {{{{css: 'b.c{i}-{{n}}', type: string, required: true, description: one of many}}}}\n"
        for i in range(20)
    )
    text = "source: s{n}\ntable: a.b\nkey: [f1]\nseeds: {{urls: 'https://s{n}.test/'}}\npages:\n  listing:\n" + page
    folder = write({f"s{n}.yaml": text.format(n=n) for n in range(200)})
    load_sources(folder, ["s0"])
    started = time.process_time()

    assert len(load_sources(folder)) == 200
    assert time.process_time() - started < 30  # 0.5 s when measured; a cost that grows with their square is minutes


def test_the_errors_survive_the_way_between_processes(write):
    import pickle

    with pytest.raises(SourceFileErrors) as errors:
        load_sources(write({"shop.yaml": SHOP + "x: 1\n"}))

    assert str(pickle.loads(pickle.dumps(errors.value))) == str(errors.value)  # noqa: S301


def test_how_long_rows_are_kept_is_inherited_and_can_be_taken_back(write):
    folder = write(
        scrapeline_yaml="retention: {rows_days: 30, dead_letters_days: 7}\n",
        kept_yaml=SHOP.replace("shop", "kept") + "retention: {rows_days: null}\n",
        shop_yaml=SHOP,
    )

    sources = load_sources(folder)

    assert sources["shop"].source.retention.rows_days == 30
    assert sources["kept"].source.retention.rows_days is None
    assert {one.source.retention.dead_letters_days for one in sources.values()} == {7}
    assert {one.source.retention.executions_days for one in sources.values()} == {400}


def test_a_source_does_not_say_how_long_the_logs_of_all_are_kept(write):
    with pytest.raises(SourceFileErrors, match=r"shop.yaml:4:.*dead_letters_days.*expected in scrapeline.yaml"):
        load_sources(write(shop_yaml=SHOP + "retention: {dead_letters_days: 7}\n"))
