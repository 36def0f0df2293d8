"""What a process makes once for a run, and lets go of."""

import dataclasses

from pipelines.job import Job
from pipelines.once_a_process import forget, give, once_a_process

JOB = Job("out", "run", 1, "bundle")
MADE: list[tuple[str, str]] = []


@once_a_process
def thing(job: Job, name: str = "") -> str:
    MADE.append((job.run_id, name))
    return f"made {name}"


def test_made_once_for_each_argument_until_it_is_forgotten() -> None:
    other = dataclasses.replace(JOB, run_id="other")
    assert [thing(JOB), thing(JOB), thing(JOB, "a"), thing(other)] == ["made ", "made ", "made a", "made "]
    assert MADE == [("run", ""), ("run", "a"), ("other", "")]

    forget(JOB)

    thing(JOB)
    thing(other)
    assert MADE[3:] == [("run", "")]


def test_what_is_given_is_not_made() -> None:
    job = dataclasses.replace(JOB, run_id="given")
    give(job, thing="given")
    assert thing(job) == "given"
    forget(job)
    assert thing(job) == "made "
