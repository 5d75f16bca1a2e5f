"""Output errors do not stop the work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

TALK = """
import sys
from app.cli.terminal import never_fail_at_output
never_fail_at_output()
for number in range(3000):
    print(sys.argv[1], number, flush=number % 2 == 0)
print(sys.argv[1], file=sys.stderr)
open(sys.argv[2], "w").write("done")
"""


def talking(name: str, done: Path, stdout: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TALK, name, str(done)], cwd=ROOT, stdout=stdout,
        stderr=subprocess.PIPE, text=True, env=os.environ | environment,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["cafe.png", "caf\udce9.png", "\u6d6e\u4e16\u7d75.png"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_name_can_be_printed(name, encoding, tmp_path):
    process = talking(name, tmp_path / "done", subprocess.PIPE, PYTHONIOENCODING=encoding)
    out, err = process.communicate()
    assert process.returncode == 0
    assert out.count("\n") == 3000
    assert "Traceback" not in err
    escaped = name.encode(encoding, "backslashreplace").decode(encoding)
    assert out.startswith(f"{escaped} 0\n")


def test_a_closed_pipe_ends_nothing(tmp_path):
    with talking("a.png", tmp_path / "done", subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == "a.png\n"
    assert process.returncode == 0
    assert (tmp_path / "done").read_text() == "done"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_told_once_and_ends_nothing(tmp_path):
    with Path("/dev/full").open("w") as full:
        process = talking("a.png", tmp_path / "done", full)
        told = process.communicate()[1]
    assert process.returncode == 0
    assert told == "daub: output cannot be written: No space left on device.\na.png\n"
    assert (tmp_path / "done").read_text() == "done"
