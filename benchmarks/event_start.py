"""`events-start`: from the start of the command to the first row, and from SIGTERM to its end."""

import threading

from benchmarks.event_service import Setting, serving
from benchmarks.markdown import markdown_table
from benchmarks.rounds import spread

__all__ = ["run_events_start"]

WAITING = 300
"""Events that wait when it starts: it is stopped in their middle."""


def run_events_start(setting: Setting, rounds: int) -> str:
    """Started with events waiting, stopped with events in flight, started and stopped again with none."""
    first_rows, busy, idle = [], [], []
    for number in range(rounds):
        with serving(setting) as service:
            for page in range(WAITING):
                service.publish([page])
            started_at = service.start()
            service.wait_for(8, secs=300)
            busy.append(service.stop())
            first_rows.append(min(service.readable().values()) - started_at)
            left = WAITING - len(service.readable())
        with serving(setting) as service:
            service.start()
            service.publish([0])
            service.wait_for(1, secs=300)
            threading.Event().wait(2)
            idle.append(service.stop())
        print(f"  round {number + 1}: {first_rows[-1]:.2f} s to the first row, {busy[-1]:.2f} s to stop", flush=True)
    rows = [
        ["start to the first row readable", spread(first_rows, 2)],
        [f"SIGTERM to the end, events in flight ({left} stay where they came from)", spread(busy, 2)],
        ["SIGTERM to the end, nothing in flight", spread(idle, 2)],
    ]
    return f"{setting}, medians of {rounds}\n\n{markdown_table(['', 's'], rows)}"
