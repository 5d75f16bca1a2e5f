"""Where unforeseen errors go: a rotating log for us, one sentence for the painter."""

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
    """Catches what nobody else caught and says so in one sentence.

    `happened` may be emitted on any thread; Qt carries it over to the message bar's thread.
    """

    happened = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._restore: Callable[[], None] | None = None

    def install(self) -> None:
        """Take over sys.excepthook and threading.excepthook."""
        main, thread = sys.excepthook, threading.excepthook

        def restore() -> None:
            sys.excepthook, threading.excepthook = main, thread

        self._restore = restore
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def uninstall(self) -> None:
        """Give the hooks back."""
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
    """One sentence for an error that nobody expected."""
    reason = str(error).strip().splitlines()
    detail = f"{type(error).__name__}: {reason[0]}" if reason else type(error).__name__
    return tr("Something went wrong ({detail}); the details are in the log.", detail=detail[:160])


def log_folder() -> Path:
    """Where the log files are."""
    return Path(platformdirs.user_log_dir("daub", appauthor=False))


def start_log(folder: Path | None = None) -> Path | None:
    """Write warnings and errors to a rotating file; None when no file can be written there."""
    folder = folder if folder is not None else log_folder()
    path = folder / LOG_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    except OSError as error:
        # A read-only home must not keep anyone from painting.
        log.warning("no log file: %s", error)
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    return path
