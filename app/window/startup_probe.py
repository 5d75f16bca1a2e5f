"""Print when the window and its first painting are shown; the benchmark times the start by it."""

import sys
import time

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.window.main_window import MainWindow


def quit_after_first_painting() -> None:
    """Print "shown" at the first frame and "painted" after the first whole painting, then quit.

    Both are followed by the process's CPU time in seconds. Call this before the window opens.
    """
    qInstallMessageHandler(print_message)
    QTimer.singleShot(0, _wait_for_first_painting)


def print_message(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Print Qt's messages to stderr, except one of the offscreen platform."""
    # It is repeated every time the minimum size of the window changes.
    if "does not support propagateSizeHints" not in text:
        print(text, file=sys.stderr)


def _wait_for_first_painting() -> None:
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow):
            window.appeared.connect(lambda: print(_now("shown"), flush=True))
            window.session.preview.settled.connect(lambda: _leave(_now("painted"), 0))
            window.session.problem.connect(lambda problem: _leave(problem, 1))


def _now(word: str) -> str:
    return f"{word} {time.process_time():.3f}"


def _leave(last_word: str, code: int) -> None:
    print(last_word, flush=True)
    QApplication.exit(code)
