"""Handle unexpected errors: write them to a rotating log and show one sentence to the user."""

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QObject, Signal

from app.platform.translation import tr

log = logging.getLogger("daub")

LOG_FILE = "daub.log"


class ErrorHub(QObject):
    """Catches uncaught exceptions, logs them and emits `happened` with an error sentence.

    `happened` may be emitted on any thread; Qt queues it for receivers on other threads.
    """

    happened = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._restore: Callable[[], None] | None = None

    def install(self) -> None:
        """Replace sys.excepthook and threading.excepthook."""
        main, thread = sys.excepthook, threading.excepthook

        def restore() -> None:
            sys.excepthook, threading.excepthook = main, thread

        self._restore = restore
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Restore the previous hooks."""
        if self._restore is not None:
            self._restore()
            self._restore = None

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        self.happened.emit(unexpected(error))

    def _on_thread_exception(self, hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None and not issubclass(hook.exc_type, SystemExit):
            self._on_exception(hook.exc_type, hook.exc_value, hook.exc_traceback)


def unexpected(error: BaseException) -> str:
    """Return an error sentence for an unexpected exception."""
    reason = str(error).strip().splitlines()
    detail = f"{type(error).__name__}: {reason[0]}" if reason else type(error).__name__
    return tr("An error occurred ({detail}). See the log for details.", detail=detail[:160])


def log_folder() -> Path:
    """Return the folder of the log files."""
    return Path(platformdirs.user_log_dir("daub", appauthor=False))


def start_log(folder: Path | None = None) -> Path | None:
    """Start to write a rotating log file; return its path, or None if it cannot be written."""
    folder = folder if folder is not None else log_folder()
    path = folder / LOG_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    except OSError as error:
        # A read-only home folder must not prevent the start.
        log.warning("no log file: %s", error)
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    return path
