"""The real window on a real X server; its screenshot is kept in out/."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.materials import materials
from tests.support.fakes import fake_paint, starter_labels

ROOT = Path(__file__).parents[3]


@pytest.fixture
def display() -> Iterator[str]:
    """The display that is there (xvfb-run), else one of our own."""
    if os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            assert server.stdout is not None
            yield f":{server.stdout.readline().decode().strip()}"
        finally:
            server.terminate()


@pytest.mark.xvfb
def test_the_real_window_paints(display: str) -> None:
    screenshot = ROOT / "out" / "window_xcb.png"
    screenshot.parent.mkdir(exist_ok=True)
    screenshot.unlink(missing_ok=True)
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    result = subprocess.run(
        [sys.executable, "-m", "tests.support.drive_xcb", str(screenshot)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    tree = starter_labels()[:1, :1] + 4
    assert report["platform"] == "xcb"
    assert tuple(report["doodle"]) == materials()[4].rgb
    assert report["painting"] == fake_paint(tree, "starry-night", 1)[0, 0].tolist()
    assert tuple(report["sky"]) == materials()[0].rgb
    assert report["undo"] == "Brush: Tree"
    assert report["latencies"] > 0
    assert report["warnings"] == []
    assert screenshot.stat().st_size > 10_000
