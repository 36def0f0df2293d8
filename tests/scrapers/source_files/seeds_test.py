"""Seeds: small specs of one host each, opened one request at a time."""

import tracemalloc

import pytest

from schemas.request import Request
from scrapers.source_files.mistakes import SourceFileErrors
from scrapers.source_files.seeds import CHUNK, ParamError, count_seeds, expand, key_of, plan_specs, slots_of
from scrapers.source_files.url_credentials import SEND_A_HEADER

SOURCE = """\
source: shop
table: shop.products
seeds: {SEEDS}
fields: {title: {css: h1}}
"""


def seeds(text: str, more: str = "") -> str:
    return SOURCE.replace("{SEEDS}", text) + more


def urls_of(loaded, **options) -> list[str]:
    specs = plan_specs(loaded, "e1", tick=0.0, **options)
    return [request.url for spec in specs for request in expand(spec, loaded)]


def test_combinations_come_in_a_stable_order_the_last_parameter_changing_fastest(load):
    loaded = load(seeds('{urls: "https://x.test/${params.c}?p=${params.p}", params: {c: [a, b], p: 1..3}}'))

    assert urls_of(loaded) == [f"https://x.test/{c}?p={p}" for c in "ab" for p in (1, 2, 3)]
    assert count_seeds(loaded) == 6


def test_a_url_is_repeated_only_for_the_parameters_that_it_uses(load):
    text = '{urls: ["https://x.test/${params.c}", "https://x.test/all"], params: {c: [a, b], lang: en}}'
    loaded = load(seeds(text, "request: {headers: {Accept-Language: '${params.lang}'}}\n"))

    requests = [request for spec in plan_specs(loaded, "e1", tick=0.0) for request in expand(spec, loaded)]

    assert [request.url for request in requests] == ["https://x.test/a", "https://x.test/b", "https://x.test/all"]
    assert requests[2].params == {"lang": "en"}
    assert requests[0].headers == (("Accept-Language", "en"),)


def test_parameters_in_a_body_make_seeds_too(load):
    text = '{urls: "https://x.test/search", params: {q: [a, b]}}'
    loaded = load(seeds(text, 'request: {json: {query: "${params.q}"}}\n'))

    bodies = [request.body for spec in plan_specs(loaded, "e1", tick=0.0) for request in expand(spec, loaded)]

    assert bodies == [b'{"query":"a"}', b'{"query":"b"}']


def test_slots_stride_over_the_seeds_and_miss_none(load):
    text = '{urls: "https://x.test/${params.p}", params: {p: 1..10}}'
    loaded = load(seeds(text, "politeness: {concurrency: 3}\n"))

    specs = list(plan_specs(loaded, "e1", tick=0.0))

    assert [key_of(spec, loaded) for spec in specs] == [("x.test", 0), ("x.test", 1), ("x.test", 2)]
    assert [len(list(expand(spec, loaded))) for spec in specs] == [4, 3, 3]
    assert len(set(urls_of(loaded))) == 10
    assert len({spec.spec_id for spec in specs}) == 3


def test_pages_that_lead_on_have_one_owner(load):
    text = '{urls: "https://x.test/${params.p}", params: {p: 1..10}}'
    loaded = load(seeds(text, "politeness: {concurrency: 3}\nnext: {css: a}\n"))

    assert slots_of(loaded) == 1
    assert len(list(plan_specs(loaded, "e1", tick=0.0))) == 1


def test_each_spec_is_of_one_host(load):
    loaded = load(seeds('{urls: ["https://a.test/1", "https://www.b.test/", "https://a.test/2"]}'))

    specs = list(plan_specs(loaded, "e1", tick=0.0))

    assert [(spec.host, [request.url for request in expand(spec, loaded)]) for spec in specs] == [
        ("a.test", ["https://a.test/1", "https://a.test/2"]),
        ("b.test", ["https://www.b.test/"]),
    ]


def test_a_parameter_in_the_host_makes_a_spec_a_domain(load):
    text = '{urls: "https://${params.site}/p/${params.n}", params: {site: [a.test, www.b.test, b.test], n: 1..2}}'
    loaded = load(seeds(text))

    specs = list(plan_specs(loaded, "e1", tick=0.0))

    assert [spec.host for spec in specs] == ["a.test", "b.test"]
    assert urls_of(loaded) == [f"https://{site}/p/{n}" for site in ("a.test", "www.b.test", "b.test") for n in (1, 2)]


def test_a_subdomain_chosen_by_a_parameter_stays_one_spec(load):
    loaded = load(seeds('{urls: "https://${params.city}.x.test/", params: {city: [oslo, bergen]}}'))

    assert [spec.host for spec in plan_specs(loaded, "e1", tick=0.0)] == ["x.test"]
    assert urls_of(loaded) == ["https://oslo.x.test/", "https://bergen.x.test/"]


def test_a_seed_that_cannot_be_filled_is_not_lost(load):
    loaded = load(seeds('{urls: "https://${params.city}.x.test/", params: {city: [oslo, "new york"]}}'))

    assert urls_of(loaded) == ["https://oslo.x.test/", "https://${params.city}.x.test/"]


def test_a_million_seeds_cost_nothing_until_they_are_fetched(load):
    loaded = load(seeds('{urls: "https://x.test/${params.a}/${params.b}", params: {a: 1..1000, b: 1..1000}}'))
    tracemalloc.start()

    specs = list(plan_specs(loaded, "e1", tick=0.0))
    first = next(expand(specs[0], loaded))
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert first.url == "https://x.test/1/1"
    assert count_seeds(loaded) == 1_000_000
    assert len(specs) == 1
    assert most_bytes < 2_000_000


def test_overrides_replace_values_and_unknown_names_are_refused(load):
    loaded = load(seeds('{urls: "https://x.test/${params.page}", params: {page: 1..50}}'))

    assert urls_of(loaded, params={"page": "3,7..8"}) == [f"https://x.test/{n}" for n in (3, 7, 8)]
    with pytest.raises(ParamError, match="source shop has no parameter `pge`; did you mean `page`"):
        urls_of(loaded, params={"pge": "3"})


def test_a_parameter_without_values_must_be_given(load):
    loaded = load(seeds('{urls: "https://x.test/${params.day}", params: {day: }}'))

    with pytest.raises(ParamError, match="parameter `day` has no value of its own"):
        urls_of(loaded)
    assert urls_of(loaded, params={"day": "2026-01-01"}) == ["https://x.test/2026-01-01"]


def test_dates_refer_to_the_tick_of_the_spec(load):
    loaded = load(seeds('{urls: "https://x.test/${params.day}", params: {day: {dates: "yesterday..today"}}}'))
    specs = list(plan_specs(loaded, "e1", tick=86_400 * 3.5))

    assert [request.url for request in expand(specs[0], loaded)] == [
        "https://x.test/1970-01-03",
        "https://x.test/1970-01-04",
    ]


def test_a_file_of_urls_is_taken_in_chunks_of_one_host(load):
    lines = [f"https://{'a' if n % 3 else 'b'}.test/{n}" for n in range(1200)]
    loaded = load(seeds("{file: urls.txt}"), {"urls.txt": "# ours\n\n" + "\n".join(lines) + "\n"})

    specs = list(plan_specs(loaded, "e1", tick=0.0))

    assert all(
        len({key_of(spec, loaded) for _ in spec.requests}) == 1 and len(spec.requests) <= CHUNK for spec in specs
    )
    assert sorted(len(spec.requests) for spec in specs) == [300, 400, 500]
    assert sorted(urls_of(loaded)) == sorted(lines)
    assert count_seeds(loaded) == 1200


def test_bad_lines_of_a_file_are_mistakes_with_their_line(load):
    with pytest.raises(SourceFileErrors) as errors:
        load(
            seeds("{file: urls.txt}"),
            {"urls.txt": "https://a.test/\nwww.b.test\n# no\nhttps://c.test/x y\nhttps://me:pw@d.test\n"},
        )

    assert [str(mistake) for mistake in errors.value.mistakes] == [
        'urls.txt:2: "www.b.test" is no URL: expected http:// or https://, one a line',
        'urls.txt:4: "https://c.test/x y" is no URL: expected http:// or https://, one a line',
        f"urls.txt:5: {SEND_A_HEADER}",
    ]


def test_urls_given_replace_the_seeds(load):
    loaded = load(seeds('{urls: "https://x.test/${params.p}", params: {p: 1..3}}'))

    assert urls_of(loaded, urls=iter(["https://y.test/${secret.k}"])) == ["https://y.test/%24{secret.k}"]


@pytest.mark.parametrize("limit", [1, 5, 7, 100])
def test_a_limit_is_shared_out_and_no_more_than_used(load, limit):
    text = '{urls: ["https://a.test/${params.p}", "https://b.test/1"], params: {p: 1..10}}'
    loaded = load(seeds(text, "politeness: {concurrency: 2}\n"))

    specs = list(plan_specs(loaded, "e1", tick=0.0, limit=limit))

    assert sum(spec.limit for spec in specs) == min(limit, 11)
    assert all(spec.limit > 0 for spec in specs)


def test_a_limit_of_the_file_counts_and_followed_pages_count_in(load):
    text = '{urls: ["https://a.test/1", "https://b.test/1"]}'
    loaded = load(seeds(text, "limits: {max_pages: 9}\nnext: {css: a}\n"))

    assert [spec.limit for spec in plan_specs(loaded, "e1", tick=0.0, limit=50)] == [5, 4]
    assert [spec.limit for spec in plan_specs(loaded, "e1", tick=0.0, limit=4)] == [2, 2]


def test_a_limit_takes_only_so_many_lines(load):
    loaded = load(seeds("{urls: 'https://x.test/'}"))
    endless = (f"https://x.test/{n}" for n in iter(int, 1))

    assert len(urls_of(loaded, urls=endless, limit=3)) == 3


def test_a_sitemap_is_one_request_of_the_reserved_page_type(load):
    loaded = load(seeds("{sitemap: 'https://x.test/sitemap.xml'}"))

    (spec,) = plan_specs(loaded, "e1", tick=0.0)

    assert list(expand(spec, loaded)) == [Request("shop", "https://x.test/sitemap.xml", "e1", "$sitemap")]
    assert key_of(spec, loaded) == ("x.test", 0)


def test_specs_have_the_same_ids_again(load):
    loaded = load(seeds('{urls: "https://x.test/${params.p}", params: {p: 1..3}}'))

    def ids() -> list[str]:
        specs = list(plan_specs(loaded, "e1", tick=0.0))
        return [spec.spec_id for spec in specs] + [r.request_id for spec in specs for r in expand(spec, loaded)]

    assert ids() == ids()
    assert len(set(ids())) == 4


def test_a_source_without_seeds_plans_nothing(load):
    loaded = load("source: shop\ntable: a.b\nfields: {t: {css: h1}}\n")

    assert list(plan_specs(loaded, "e1", tick=0.0)) == []
    assert count_seeds(loaded) == 0
