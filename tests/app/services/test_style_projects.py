"""Projects of the studio survive the end of their process at any moment."""

import subprocess
import sys
import time
from pathlib import Path

from app.document.style_project import read_project
from app.services.style_projects import ProjectStore
from resources.materials import UNMARKED

ROOT = Path(__file__).parents[3]
KILLS = 6

WRITER = """
import sys
from pathlib import Path
import numpy as np
from app.document.style_project import StyleProject, write_project
from resources.style_details import StyleDetails
from app.services.style_projects import ProjectStore

store = ProjectStore(Path(sys.argv[1]))
folder = store.begin()
picture = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
for number in range(1, 10_000):
    labels = np.full((200, 300), 251, np.uint8)
    labels.flat[:number] = 0
    write_project(folder, StyleProject("a", picture, labels, StyleDetails(title=str(number))))
    print(number, flush=True)
"""


def writer(root: Path) -> "subprocess.Popen[str]":
    """A process that writes one state of a project after the other and tells their numbers."""
    command = [sys.executable, "-c", WRITER, str(root)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_killed_studio_leaves_its_last_scribble(tmp_path: Path) -> None:
    for kill in range(KILLS):
        root = tmp_path / str(kill)
        with writer(root) as child:
            assert child.stdout is not None
            last = 0
            for _ in range(3 + 2 * kill):
                last = int(child.stdout.readline())
            time.sleep(0.003 * kill)  # another moment of a write each time
            child.kill()
            last = max([last, *map(int, child.stdout.read().split())])
        ((folder, facts),) = ProjectStore(root).unfinished()
        found = read_project(folder)
        marked = int((found.labels != UNMARKED).sum())
        assert marked in (last, last + 1)  # the one that was not announced yet may be there
        assert int(facts.details.title) in (marked - 1, marked)
        assert found.picture.shape == (200, 300, 3)


def test_a_project_that_is_open_elsewhere_is_not_offered(tmp_path: Path) -> None:
    store = ProjectStore(tmp_path)
    with writer(tmp_path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        folder = next(tmp_path.glob("*/"))
        assert store.unfinished() == []
        assert not store.take(folder)
        child.kill()
    assert store.take(folder)
    assert store.unfinished() == []  # it is open here now
    store.release(folder)
    assert [found for found, _ in store.unfinished()] == [folder]
