"""A high-resolution screen: the picture is sharp, and paint lands under the pointer."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_at_twice_the_resolution() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2"}
    result = subprocess.run(
        [sys.executable, "-m", "tests.support.drive_hidpi"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    assert (report["ratio"], report["scale"]) == (2, 0.5)
    assert report["zoom"] == "100 %"
    assert all(report["hit"])
    assert report["others"] == 0
    assert report["sharp"]
