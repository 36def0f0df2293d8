"""A supervised job on Prism starts again when it broke off, drains when asked to, and leaves nothing behind."""

from collections.abc import Callable, Sequence

import psutil
import pytest

from tests.engines.small_stream import SmallStream
from tests.engines.supervised import everything_of, has_gone, launcher_of
from tests.pipelines.conftest import eventually

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

SECS = 150.0  # for a job to start, or to start again

Supervised = Callable[[Sequence[str]], psutil.Popen]


def test_on_prism_a_job_whose_worker_was_killed_starts_again_and_nothing_is_lost(
    prism_flags: list[str], small_stream: SmallStream, supervised: Supervised
) -> None:
    process = supervised(prism_flags)
    small_stream.publish(0, 50)
    eventually(lambda: len(small_stream.came()) == 50, SECS)

    small_stream.publish(50, 50)
    launcher_of(process).kill()
    small_stream.publish(100, 50)

    eventually(lambda: small_stream.came() == set(range(150)), SECS)
    everything = everything_of(process)
    process.terminate()
    assert process.wait(SECS) == 0
    eventually(lambda: has_gone(everything))


def test_prism_and_the_launcher_die_with_their_supervisor(
    prism_flags: list[str], small_stream: SmallStream, supervised: Supervised
) -> None:
    process = supervised(prism_flags)
    small_stream.publish(0, 10)
    eventually(lambda: len(small_stream.came()) == 10, SECS)
    everything = everything_of(process)
    assert any("prism" in one.name() for one in everything)

    process.kill()

    eventually(lambda: has_gone(everything))
