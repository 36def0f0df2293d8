"""What is wrong with sources is said when the loop begins, and again when their folder has changed."""

from typing import Any

import pytest

from scrapers.source_files.load import SourceFileErrors, load_sources


def test_sources_that_cannot_be_used_are_named_and_the_others_go_on(
    streaming: Any, items: Any, write_source: Any, caplog: pytest.LogCaptureFixture, wait_until: Any
) -> None:
    write_source("shop", pages=1)
    write = streaming.run.write
    write("bad.yaml", "source: bad\ntable: t\nsedes: 1\n")
    write("code.yaml", "source: code\ntable: t.i\nkey: [a]\nfields: {a: {css: b}}\nhooks: {item: nowhere.do}\n")
    write(
        "keyed.yaml",
        'source: keyed\ntable: t.i\nkey: [a]\nseeds: {urls: ["http://k.test/"]}\nfields: {a: {css: b}}\n'
        'request:\n  headers:\n    X-Key: "${secret.shop_api}"\n',
    )
    write("nameless.yaml", "table: t\nkey: [a]\nfields: {a: {css: b}}\n")
    with pytest.raises(SourceFileErrors) as found:
        load_sources(streaming.run.sources)
    streaming.put("shop")
    stop = streaming.serve(items)
    streaming.wait_for(1)

    said = caplog.messages
    assert [str(one) for one in found.value.mistakes if str(one) not in said] == []
    assert any(line.startswith("bad.yaml:3: sedes: ") for line in said)
    assert any(line.startswith("nameless.yaml:1: ") for line in said)
    assert "keyed.yaml:8: request.headers.X-Key: the secret 'shop_api' is not set (SCRAPELINE_SECRET_SHOP_API" in str(
        said
    )
    assert len(said) == len(set(said))

    write("later.yaml", "source: later\ntable: t\nsedes: 1\n")
    wait_until(lambda: any(line.startswith("later.yaml:3: sedes: ") for line in caplog.messages))
    stop()
