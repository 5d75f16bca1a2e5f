"""Opening the window.

On Windows torch is imported before Qt: both bring their own OpenMP and C++ runtimes, and only this
order works there. Elsewhere the window comes first and the engine's thread imports torch behind it.
"""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.studio import Studio


def has_display() -> bool:
    """Whether a window could be shown; only X11 and Wayland can be absent."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(
    painting: Path | None = None, until_painted: bool = False, new_window: bool = False
) -> int:
    """Stay until the window is closed, or ``until_painted``; the exit code.

    A Daub that runs already shows the file in its window instead, unless a ``new_window`` is asked.
    """
    # What is imported stays: searching it for garbage, over and over, is a tenth of the start.
    # Once the window is there, services.garbage takes over.
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
