"""The ./daub script, with a fake Python, pip and Debian around it: when it sets up and when not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell script")

ROOT = Path(__file__).parent.parent

FAKE_PYTHON = """#!/bin/sh
echo "$*" >>"$LOG"
case "$*" in
"-c import ensurepip"*) exit "${NO_ENSUREPIP:-0}" ;;
"-c import sys; print"*) echo python3.11-venv ;;
"-m venv "*)
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    printf '#!/bin/sh\\necho started "$@"\\n' >"$3/bin/daub" && chmod +x "$3/bin/daub" ;;
"-m pip install"*) exit "${PIP_STATUS:-0}" ;;
"-c import sys; sys.exit(sys.version_info[:2]"*) exit "${OTHER_PYTHON:-0}" ;;
*shipping/lock.py) echo newer >"${0%/.venv/*}/requirements.lock" ;;
esac
"""


class Checkout:
    """A copy of the launcher in an empty folder, with the system's commands faked."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.commands = folder / "bin"
        self.log = folder / "log"
        self.root.mkdir()
        self.commands.mkdir()
        shutil.copy(ROOT / "daub", self.root)
        (self.root / "pyproject.toml").write_text("first")
        self.command("python3", FAKE_PYTHON)
        self.command("ldd", "#!/bin/sh\necho $MISSING_LIBRARY\n")
        self.command("id", "#!/bin/sh\necho ${USER_ID:-1000}\n")
        self.command("apt-get", '#!/bin/sh\necho "apt-get $*" >>"$LOG"\n')
        self.command("find", "#!/bin/sh\necho /usr/share/fonts/a.ttf\n")
        self.command("uname", "#!/bin/sh\necho Linux\n")

    def command(self, name: str, text: str) -> None:
        (self.commands / name).write_text(text)
        (self.commands / name).chmod(0o755)

    def lock(self) -> None:
        """Make it a checkout with locked packages, on the system that they are for."""
        self.command("uname", '#!/bin/sh\n[ "$1" = -sm ] && echo Linux x86_64 || echo Linux\n')
        for name in ("requirements.lock", "requirements-dev.lock"):
            (self.root / name).write_text("first")

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        paths = f"{self.commands}:/usr/bin:/bin"
        return subprocess.run(
            [str(self.root / "daub"), *arguments],
            env={**os.environ, "PATH": paths, "LOG": str(self.log), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def pip_calls(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if "-m pip" in line]

    @property
    def made_anew(self) -> bool:
        return "-m venv" in self.log.read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_second_start_sets_nothing_up(checkout: Checkout) -> None:
    first = checkout.run("styles", "--all")
    assert (first.returncode, first.stdout) == (0, "started styles --all\n")
    assert len(checkout.pip_calls) == 1
    second = checkout.run()
    assert (second.returncode, second.stdout) == (0, "started\n")
    assert checkout.log.read_text() == ""


def test_interrupted_set_up_is_made_anew(checkout: Checkout) -> None:
    assert checkout.run("styles", PIP_STATUS="1").returncode != 0
    again = checkout.run("styles")
    assert again.stdout == "started styles\n"
    assert checkout.made_anew


def test_changed_dependencies_are_installed(checkout: Checkout) -> None:
    checkout.run("styles")
    (checkout.root / "pyproject.toml").write_text("second")
    assert checkout.run("styles").stdout == "started styles\n"
    assert len(checkout.pip_calls) == 1
    assert not checkout.made_anew


def test_interrupted_update_is_made_anew(checkout: Checkout) -> None:
    checkout.run("styles")
    (checkout.root / "pyproject.toml").write_text("second")
    assert checkout.run("styles", PIP_STATUS="1").returncode != 0
    checkout.run("styles")
    assert checkout.made_anew


def test_moved_checkout_is_made_anew(checkout: Checkout) -> None:
    checkout.run("styles")
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    checkout.run("styles")
    assert checkout.made_anew


def test_tests_add_the_development_packages(checkout: Checkout) -> None:
    checkout.run("styles")
    checkout.run("test", "-k", "nothing")
    assert [call.endswith("[dev]") for call in checkout.pip_calls] == [True]
    checkout.run("styles")
    assert checkout.log.read_text() == ""


def test_documentation_needs_the_development_packages(checkout: Checkout) -> None:
    assert checkout.run("docs", "gallery").returncode == 0
    assert [call.endswith("[dev]") for call in checkout.pip_calls] == [True]
    assert checkout.log.read_text().splitlines()[-1] == "-m app.docs gallery"


def test_missing_libraries_as_user(checkout: Checkout) -> None:
    done = checkout.run(MISSING_LIBRARY="libEGL.so.1 => not found")
    assert done.returncode == 1
    assert "sudo apt-get install --no-install-recommends " in done.stderr
    assert "libegl1" in done.stderr
    assert "apt-get" not in checkout.log.read_text()
    assert checkout.run("styles").stdout == "started styles\n"


def test_missing_libraries_as_root(checkout: Checkout) -> None:
    done = checkout.run(MISSING_LIBRARY="libEGL.so.1 => not found", USER_ID="0")
    assert done.stdout == "started\n"
    assert "apt-get install" in checkout.log.read_text()


def test_python_without_venv(checkout: Checkout) -> None:
    done = checkout.run("styles", NO_ENSUREPIP="1")
    assert done.returncode == 1
    assert "python3.11-venv" in done.stderr


def test_locked_packages_are_installed_by_their_hashes(checkout: Checkout) -> None:
    checkout.lock()
    assert checkout.run("styles").stdout == "started styles\n"
    packages, daub = checkout.pip_calls
    assert packages.endswith(f"--require-hashes -r {checkout.root}/requirements.lock")
    assert daub.endswith(f"--no-deps --no-build-isolation --editable {checkout.root}")
    assert checkout.run("test", "-k", "nothing").returncode == 0
    assert checkout.pip_calls[0].endswith(f"-r {checkout.root}/requirements-dev.lock")


def test_a_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.lock()
    checkout.run("styles")
    assert checkout.run("styles").stdout == "started styles\n"
    assert checkout.log.read_text() == ""
    (checkout.root / "requirements.lock").write_text("second")
    checkout.run("styles")
    assert len(checkout.pip_calls) == 2
    assert not checkout.made_anew


def test_elsewhere_pip_chooses(checkout: Checkout) -> None:
    checkout.lock()
    checkout.run("styles", OTHER_PYTHON="1")
    assert [call.endswith(f"--editable {checkout.root}") for call in checkout.pip_calls] == [True]
    assert "--require-hashes" not in checkout.log.read_text()


def test_update_locks_and_installs(checkout: Checkout) -> None:
    checkout.lock()
    assert checkout.run("update").returncode == 0
    calls = checkout.log.read_text().splitlines()
    locking = next(place for place, call in enumerate(calls) if "shipping/lock.py" in call)
    assert [place < locking for place, call in enumerate(calls) if "-m pip" in call] == [
        True, True, False, False,
    ]  # fmt: skip
    assert (checkout.root / "requirements.lock").read_text() == "newer\n"


def test_update_is_for_the_locked_system(checkout: Checkout) -> None:
    done = checkout.run("update", OTHER_PYTHON="1")
    assert done.returncode == 1
    assert "Python 3.11" in done.stderr


def test_bundle_is_handed_on(checkout: Checkout) -> None:
    checkout.run("bundle", "--test-only")
    assert checkout.log.read_text().splitlines()[-1].endswith("shipping/bundle.py --test-only")
    assert not checkout.made_anew
