"""Open the main window, or pass a file to the window of a running Daub.

On Windows torch is imported before Qt: both bring their own OpenMP and C++ runtimes, and only this
order works there. Elsewhere the window opens first, and the engine's thread imports torch.
"""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.studio import Studio


def has_display() -> bool:
    """Return whether a window can be shown; only on Linux can the display be missing."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(
    painting: Path | None = None, until_painted: bool = False, new_window: bool = False
) -> int:
    """Open the window, run until it is closed, and return the exit code.

    A Daub that is already running opens the file in its own window instead, unless ``new_window``
    is set. With ``until_painted`` the program quits after the first painting.
    """
    # Imported modules stay alive: collecting garbage meanwhile costs a tenth of the start time.
    # Once the window is open, services.garbage takes over.
    gc.disable()
    if not (new_window or until_painted) and _handed_over(painting):
        return 0
    if sys.platform == "win32":
        import engine.studio  # noqa: F401 - before Qt, see above

    from app.window import application

    if until_painted:
        from app.window.startup_probe import quit_after_first_painting

        application.create_application(sys.argv[:1])
        quit_after_first_painting()
    return application.run(sys.argv[:1], _studio, painting=painting)


def _handed_over(painting: Path | None) -> bool:
    from app.platform.single_instance import hand_over, own_address

    return hand_over(painting, own_address())


def _studio() -> "Studio":
    from engine.studio import Studio

    return Studio()
