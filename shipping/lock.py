"""``./daub update``: lock the newest versions that pyproject.toml allows, with their hashes.

``requirements.lock`` has the packages to install and run the application; ``requirements-dev.lock``
has those that its tests need in addition. Both are for Linux on x86-64 with Python 3.11 and name no
host: pip's own configuration decides where it downloads from.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent

APPLICATION, DEVELOPMENT = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"

HEAD = "# Made by ./daub update for Linux on x86-64 with Python 3.11.\n"

Pin = tuple[str, str, str]
"""Name, version and sha256 of one file."""


def main() -> None:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    # hatchling needs "editables" for an editable install.
    builders = [*project["build-system"]["requires"], "editables>=0.5"]
    own = resolved([*project["project"]["dependencies"], *builders])
    others = [line for group in extras.values() for line in group if not line.startswith("daub")]
    both = resolved([*project["project"]["dependencies"], *builders, *others], own)
    APPLICATION.write_text(written(own), "utf-8")
    DEVELOPMENT.write_text(written([pin for pin in both if pin not in own]), "utf-8")
    print(
        f"{APPLICATION.name}: {len(own)} packages; {DEVELOPMENT.name}: {len(both) - len(own)} more"
    )


def resolved(requirements: Sequence[str], kept: Sequence[Pin] = ()) -> list[Pin]:
    """Return what pip would install for these requirements; keep the versions of `kept`."""
    with tempfile.TemporaryDirectory() as folder:
        constraints, report = Path(folder) / "kept.txt", Path(folder) / "report.json"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version, _ in kept))
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
        command += ["--quiet", "--report", str(report), "--constraint", str(constraints)]
        subprocess.run([*command, *requirements], check=True)
        return sorted(pins(json.loads(report.read_text("utf-8"))))


def pins(report: dict) -> list[Pin]:
    """Return the pins in an installation report of pip."""
    return [
        (
            entry["metadata"]["name"].lower().replace("_", "-"),
            entry["metadata"]["version"],
            entry["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for entry in report["install"]
    ]


def written(found: Sequence[Pin]) -> str:
    """Return the pins as the text of a requirements file."""
    return HEAD + "".join(f"{n}=={v} \\\n    --hash=sha256:{sha256}\n" for n, v, sha256 in found)


if __name__ == "__main__":
    main()
