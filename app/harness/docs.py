"""``./daub docs``: make the guide's pictures, the list of keys and the site, and check its links.

./daub docs              everything
./daub docs gallery film only these pictures, by their names in app/harness/docs_sessions.py
./daub docs site         everything but the pictures
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.harness.docs_links import Findings, check_site

ROOT = Path(__file__).parents[2]
PICTURES, KEYS, SITE = Path("docs/pictures"), Path("docs/keys.md"), Path("site")


def main(wanted: Sequence[str]) -> int:
    """Make the named parts, or everything; return the exit code."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    os.chdir(ROOT)
    from app.harness.docs_sessions import SESSIONS

    unknown = [name for name in wanted if name not in (*SESSIONS, "site")]
    if unknown:
        print(f"Unknown pictures: {', '.join(unknown)}. Known: {', '.join(SESSIONS)}.")
        return 2
    take_pictures([name for name in SESSIONS if not wanted or name in wanted])
    return 0 if wanted and "site" not in wanted else make_site()


def take_pictures(names: Sequence[str]) -> None:
    """Run the named sessions, which write pictures to docs/pictures."""
    from app.harness.docs_camera import Camera
    from app.harness.docs_sessions import SESSIONS

    camera = Camera(PICTURES)
    for name in names:
        began = time.perf_counter()
        SESSIONS[name](camera)
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    if names:
        changed = [name for name, new in camera.taken.items() if new]
        print(f"{len(camera.taken)} pictures; changed: {', '.join(changed) or 'none'}")


def make_site() -> int:
    """Write the list of keys, build the site and check it; return the exit code."""
    from app.harness.docs_keys import keys_page

    KEYS.write_text(keys_page(), "utf-8")
    if not build(SITE):
        return 1
    found = check_site(SITE)
    print(report(found))
    return 1 if found.broken or found.foreign else 0


def build(site: Path) -> bool:
    """Build the site with MkDocs; return False if there is any warning."""
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir"]
    return subprocess.run([*command, str(site.absolute())], cwd=ROOT, check=False).returncode == 0


def report(found: Findings) -> str:
    """Return the findings as text for the terminal."""
    faults = [*found.broken, *found.foreign]
    outside = [f"  {address}" for address in sorted(found.outside)]
    return "\n".join(
        (
            f"{found.pages} pages in {SITE}/, {len(faults)} faults",
            *faults,
            f"{len(outside)} external links, not checked:",
            *outside,
        )
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
