"""Worker processes forked from one that has imported everything; each case in a process of its own."""

import subprocess
import sys

SCRIPT = """
import os
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from pipelines.spare_workers import spare_workers

def pid(number):
    return os.getpid()

with spare_workers({spare}):
    flags = ["--runner=FnApiRunner", "--direct_running_mode=multi_processing", "--direct_num_workers={wanted}"]
    with beam.Pipeline(options=PipelineOptions(flags)) as pipeline:
        pids = pipeline | beam.Create(range(40)) | beam.Reshuffle() | beam.Map(pid)
        pids | beam.Map(lambda one: os.write(1, f"ran in {{one}}\\n".encode()))
children = open(f"/proc/self/task/{{os.getpid()}}/children").read().split()
print("launcher", os.getpid(), "left", len(children))
"""


def run(tmp_path, spare, wanted):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(spare=spare, wanted=wanted))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_element_is_worked_on_in_a_forked_worker_and_none_is_left_behind(tmp_path):
    *ran, last = run(tmp_path, spare=2, wanted=2)

    assert len(ran) == 40
    assert last.split()[1] not in {line.split()[-1] for line in ran}
    assert last.endswith("left 0")


def test_spare_workers_that_are_not_needed_end(tmp_path):
    *ran, last = run(tmp_path, spare=3, wanted=2)

    assert len(ran) == 40
    assert last.endswith("left 0")


LOCKED = """
import time
from pipelines.resume import StillRunning, own_run
from pipelines.spare_workers import spare_workers
from transforms.output_layout import OutputLayout

layout = OutputLayout({root!r}, "night", 1)
lock = own_run(layout)
with spare_workers(2):
    lock.close()
    for _ in range(100):
        try:
            if own_run(layout):
                print("free again")
                break
        except StillRunning:
            time.sleep(0.05)  # a child that has only just begun
"""


def test_a_worker_does_not_hold_the_run_of_a_launcher_that_is_gone(tmp_path):
    command = [sys.executable, "-c", LOCKED.format(root=str(tmp_path))]

    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    assert done.stdout == "free again\n", done.stderr
