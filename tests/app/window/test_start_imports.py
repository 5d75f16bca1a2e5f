"""Modules that the first frame does not need are not imported before it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

UNNEEDED = {
    "app.cli.main", "email", "engine.formats", "engine.studio", "http", "importlib.metadata", "PIL",
    "pydantic", "rich", "torch", "typer", "xml",
}  # fmt: skip

START = """
import sys
from app import __main__
from app.window import application

def run(*_, **__):
    from app.window.main_window import MainWindow
    print(*sys.modules)
    return 7

application.run = run
sys.argv = ["daub", "painting.ora"]
__main__.main()
"""


def test_the_window_comes_without_what_it_does_not_need() -> None:
    done = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 7, done.stderr
    loaded = set(done.stdout.split())
    assert "app.window.main_window" in loaded
    assert not UNNEEDED & loaded, "import these where they are used, not with the window"
