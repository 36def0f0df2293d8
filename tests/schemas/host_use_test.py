from schemas.host_use import MOST_HOSTS, HostUse, hosts_told


def use_of(*starts: tuple[float, float, float], **more: float) -> HostUse:
    use = HostUse(**more)
    for start in starts:
        use.sent(*start)
    return use


NEVER = float("inf")


def test_the_shortest_gap_and_what_came_too_soon():
    use = use_of((100.0, NEVER, 1.0), (101.0, 1.0, 1.0), (101.5, 0.5, 1.0), (102.495, 0.995, 1.0))

    record = use.record()

    assert (record["requests"], record["first_at"], record["last_at"]) == (4, 100.0, 102.495)
    assert (record["min_gap_secs"], record["delay_secs"]) == (0.5, 1.0)
    assert record["short_gaps"] == 1  # 5 ms are a timer's


def test_what_was_never_measured_is_null():
    record = use_of((100.0, NEVER, 2.0)).record()

    assert (record["min_gap_secs"], record["delay_secs"], record["short_gaps"]) == (None, 2.0, 0)
    assert HostUse().record()["first_at"] is None


def test_processes_add_up_counts_but_not_gaps():
    one = use_of((100.0, NEVER, 2.0), (102.0, 2.0, 2.0), concurrency=2, slots=2)
    one.most_at_once, one.slow_downs, one.paused_secs = 2, 1, 30.0
    other = use_of((90.0, NEVER, 2.0), (95.0, 5.0, 2.0), (200.0, 105.0, 2.0), concurrency=2, slots=2)
    other.most_at_once, other.slow_downs, other.paused_secs, other.robots = 1, 2, 5.0, 1

    one.add(other)

    record = one.record()
    assert (record["requests"], record["robots"], record["first_at"], record["last_at"]) == (5, 1, 90.0, 200.0)
    assert (record["min_gap_secs"], record["most_at_once"], record["concurrency"], record["slots"]) == (2.0, 2, 2, 2)
    assert (record["slow_downs"], record["paused_secs"]) == (3, 35.0)


def test_of_very_many_hosts_the_busiest_and_those_hurried_are_told_one_by_one():
    hosts = {f"{number:04}.test": use_of(*[(100.0, NEVER, 1.0)] * (1 + number)) for number in range(MOST_HOSTS + 50)}
    hosts["0000.test"].short_gaps = 1

    told = hosts_told(hosts)

    assert len(told) == MOST_HOSTS + 1
    assert "0000.test" in told
    assert sum(one["requests"] for one in told.values()) == sum(use.requests for use in hosts.values())
    assert told["*"]["requests"] == sum(range(2, 52))
