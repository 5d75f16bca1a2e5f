"""Test that a process's highest memory does not include its parent's, as on Linux by default."""

import subprocess
import sys

CHILD = "from engine.benchmarks.refine import highest_memory; print(highest_memory())"
PARENT = """
import subprocess, sys
held = b"x" * 2**30
print(subprocess.check_output([sys.executable, "-c", sys.argv[1]], text=True))
"""


def test_the_parents_memory_does_not_count() -> None:
    command = [sys.executable, "-c", PARENT, CHILD]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 50 < float(done.stdout) < 1000
