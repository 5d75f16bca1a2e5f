"""Tests of the ./daub script with a fake Python, pip and Debian: when it installs and when not."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell script")

ROOT = Path(__file__).parents[2]

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


FAKE_APT = """#!/bin/sh
echo "apt-get $*" >>"$LOG"
case $1 in -s) echo "Inst libxcb-cursor0 (2.0 Debian)"; echo "$WOULD_UPGRADE" ;; esac
"""

FAKE_DPKG = """#!/bin/sh
for name; do :; done
case " $INSTALLED " in *" $name "*) printf installed ;; *) exit 1 ;; esac
"""

MISSING = "libEGL.so.1 => not found"


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
        self.command("apt-get", FAKE_APT)
        self.command("dpkg-query", FAKE_DPKG)
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

    def run(
        self, *arguments: str, answer: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Start it without a terminal, or at one where ``answer`` is typed ("" ends the input)."""
        self.log.write_text("")
        paths = f"{self.commands}:/usr/bin:/bin"
        inherited = {name: value for name, value in os.environ.items() if name != "CI"}
        with typed(answer) as stdin:
            return subprocess.run(
                [str(self.root / "daub"), *arguments],
                env={**inherited, "PATH": paths, "LOG": str(self.log), **environment},
                stdin=stdin,
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

    @property
    def apt_calls(self) -> list[list[str]]:
        lines = self.log.read_text().splitlines()
        return [line.split()[1:] for line in lines if line.startswith("apt-get")]


@contextmanager
def typed(answer: str | None) -> Iterator[int]:
    """Return a standard input: a terminal where ``answer`` was typed, or no terminal for None."""
    if answer is None:
        yield subprocess.DEVNULL
        return
    keyboard, terminal = os.openpty()
    os.write(keyboard, answer.encode() or b"\x04")
    try:
        yield terminal
    finally:
        os.close(keyboard)
        os.close(terminal)


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
    assert checkout.log.read_text().splitlines()[-1] == "-m app.harness.docs gallery"


def test_missing_libraries_as_user(checkout: Checkout) -> None:
    done = checkout.run(MISSING_LIBRARY=MISSING)
    assert done.returncode == 1
    assert "sudo apt-get install --no-upgrade --no-install-recommends " in done.stderr
    assert "libegl1" in done.stderr
    assert "apt-get" not in checkout.log.read_text()
    assert checkout.run("styles").stdout == "started styles\n"


def installed_nothing(checkout: Checkout, done: subprocess.CompletedProcess[str]) -> bool:
    """Return whether it stopped with the command to type, before any change to the system."""
    line = "\n  apt-get install --no-upgrade --no-install-recommends "
    stopped = done.returncode == 1 and line in done.stderr and "libegl1" in done.stderr
    return stopped and not checkout.apt_calls


def installed_without_upgrades(checkout: Checkout) -> bool:
    """Return whether packages were installed once, without upgrading or removing others."""
    *_, last = checkout.apt_calls
    keeping = {"--no-upgrade", "--no-remove", "--no-install-recommends", "-y"}
    made = [call for call in checkout.apt_calls if call[0] == "install"]
    return made == [last] and keeping <= set(last) and "libegl1" in last


@pytest.mark.parametrize("answer", ["y\n", "\n", "Yes\n"])
def test_missing_libraries_as_root(checkout: Checkout, answer: str) -> None:
    done = checkout.run(MISSING_LIBRARY=MISSING, USER_ID="0", answer=answer)
    assert "these Debian packages are missing: fonts-dejavu-core " in done.stderr
    assert "[Y/n]" in done.stderr
    assert done.stdout == "started\n"
    assert installed_without_upgrades(checkout)


@pytest.mark.parametrize("answer", ["n\n", "no\n", "what?\n", ""])
def test_missing_libraries_that_are_not_wanted(checkout: Checkout, answer: str) -> None:
    done = checkout.run(MISSING_LIBRARY=MISSING, USER_ID="0", answer=answer)
    assert "[Y/n]" in done.stderr
    assert installed_nothing(checkout, done)
    again = checkout.run(MISSING_LIBRARY=MISSING, USER_ID="0", answer="y\n")
    assert again.stdout == "started\n"


@pytest.mark.parametrize("ci", ["", "false", "0"])
def test_missing_libraries_without_a_terminal(checkout: Checkout, ci: str) -> None:
    done = checkout.run(MISSING_LIBRARY=MISSING, USER_ID="0", CI=ci)
    assert "[Y/n]" not in done.stderr
    assert "--yes" in done.stderr
    assert installed_nothing(checkout, done)


@pytest.mark.parametrize("answer", [None, "n\n"])
@pytest.mark.parametrize(("arguments", "ci"), [(["--yes"], ""), ([], "true"), ([], "1")])
def test_agreement_in_advance(
    checkout: Checkout, arguments: list[str], ci: str, answer: str | None
) -> None:
    done = checkout.run(*arguments, MISSING_LIBRARY=MISSING, USER_ID="0", CI=ci, answer=answer)
    assert "[Y/n]" not in done.stderr
    assert done.stdout == "started\n"
    assert installed_without_upgrades(checkout)


def test_yes_comes_before_all_else(checkout: Checkout) -> None:
    assert checkout.run("--yes", "styles", "--all").stdout == "started styles --all\n"
    assert checkout.run("styles", "--yes").stdout == "started styles --yes\n"


def test_only_what_is_missing_is_installed(checkout: Checkout) -> None:
    """What is installed is not even named, in whatever version it is."""
    listed = re.search(r'\ndebian_qt="([^"]*)"', (ROOT / "daub").read_text())
    assert listed is not None
    there = " ".join(name for name in listed[1].split() if name != "libxcb-cursor0")
    environment = {"MISSING_LIBRARY": MISSING, "USER_ID": "0", "INSTALLED": there}
    done = checkout.run(answer="y\n", **environment)
    assert "missing: libxcb-cursor0\n" in done.stderr
    options = ["-q", "-y", "--no-upgrade", "--no-remove", "--no-install-recommends"]
    assert checkout.apt_calls == [
        ["update", "-q"],
        ["-s", "install", *options, "libxcb-cursor0"],
        ["install", *options, "libxcb-cursor0"],
    ]


@pytest.mark.parametrize("arguments", [[], ["--yes"]])
def test_nothing_installed_is_upgraded(checkout: Checkout, arguments: list[str]) -> None:
    """A missing package may ask for another in a newer version than is installed."""
    upgrade = "Inst libglvnd0 [1.6.0] (1.7.0 Debian)"
    done = checkout.run(
        *arguments, MISSING_LIBRARY=MISSING, USER_ID="0", WOULD_UPGRADE=upgrade, answer="y\n"
    )
    assert done.returncode == 1
    assert "would upgrade libglvnd0" in done.stderr
    assert not [call for call in checkout.apt_calls if call[0] == "install"]


def test_python_without_venv(checkout: Checkout) -> None:
    done = checkout.run("styles", NO_ENSUREPIP="1")
    assert done.returncode == 1
    assert "python3.11-venv" in done.stderr
    asked = checkout.run("styles", NO_ENSUREPIP="1", USER_ID="0", answer="y\n")
    assert asked.stdout == "started styles\n"
    assert checkout.apt_calls[-1][-1] == "python3.11-venv"


def test_ci_needs_no_help() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert text.startswith("#!/bin/sh\n")
    assert text.endswith('/../daub" --yes test\n')


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


def test_bundle_arguments_are_passed_on(checkout: Checkout) -> None:
    checkout.run("bundle", "--test-only")
    assert checkout.log.read_text().splitlines()[-1].endswith("shipping/bundle.py --test-only")
    assert not checkout.made_anew
