"""A window that says when it and its first painting are there, by which the bench times a start."""

import sys
import time

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.window.main_window import MainWindow


def quit_after_first_painting() -> None:
    """Say "shown" at the first frame of the window that is about to open, and "painted" once it
    shows a whole painting, both with the processor's seconds so far; then leave."""
    qInstallMessageHandler(print_message)
    QTimer.singleShot(0, _wait_for_first_painting)


def print_message(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Qt's messages for the terminal, without one of the offscreen platform's."""
    # It says so each time the window's smallest size changes.
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
