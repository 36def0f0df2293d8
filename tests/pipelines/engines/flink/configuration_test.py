"""What a job on Flink is told where its command line says nothing."""

from pipelines.engines.flink.configuration import stream_flags


def test_what_the_command_line_says_is_left_alone() -> None:
    assert "--checkpointing_interval=2000" in stream_flags({})
    given = {"--checkpointing_interval": "500", "--max_parallelism": "64"}
    told = [flag.partition("=")[0] for flag in stream_flags(given)]
    assert told == ["--parallelism", "--sdk_worker_parallelism", "--max_bundle_time_mills"]


def test_there_are_as_many_groups_of_keys_as_parallel_parts() -> None:
    assert {"--parallelism=2", "--max_parallelism=2"} <= set(stream_flags({}))
    assert "--max_parallelism=5" in stream_flags({"--parallelism": "5"})
