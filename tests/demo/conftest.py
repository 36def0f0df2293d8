"""The demo site, up for a module's tests."""

from collections.abc import Iterator

import pytest

from demo.running_site import running_site
from tests.demo.asking_site import Site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as port:
        yield Site(port)
