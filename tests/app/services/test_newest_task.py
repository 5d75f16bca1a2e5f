"""The newest value is worked on; others are dropped, and the thread ends when it is told to."""

import threading
from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.services.newest_task import NewestTask
from engine.errors import EngineError


class Work:
    """Yields each value twice, and waits before the second time until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.done: list[int] = []

    def __call__(self, value: int) -> Iterator[int]:
        yield value
        self.begun.set()
        assert self.go.wait(10)
        self.done.append(value)
        yield value


def test_only_the_newest_value_is_worked_on(qtbot: QtBot) -> None:
    work, came = Work(), list[int]()
    task = NewestTask("test", work)
    task.came.connect(came.append)
    task.post(1)
    assert work.begun.wait(10)
    task.post(2)
    task.post(3)
    with qtbot.waitSignal(task.idle):
        work.go.set()
    assert work.done == [1, 3]
    assert came == [1, 1, 3, 3]
    assert not task.busy
    task.stop()


def test_what_waits_is_dropped_or_finished(qtbot: QtBot) -> None:
    for finishes, expected in ((False, [1]), (True, [1, 2])):
        work = Work()
        task = NewestTask("test", work, finishes=finishes)
        task.post(1)
        assert work.begun.wait(10)
        task.post(2)
        closing = threading.Thread(target=task.stop)
        closing.start()
        while not task._closing:
            pass
        work.go.set()
        closing.join()
        assert work.done == expected
        task.post(3)  # ignored: the thread has ended
        assert work.done == expected


def test_a_failure_is_a_sentence_and_the_next_value_is_served(qtbot: QtBot) -> None:
    def work(value: int) -> Iterator[int]:
        if value == 1:
            raise EngineError("It is too small.")
        yield value

    task, said = NewestTask("test", work), list[str]()
    task.failed.connect(said.append)
    with qtbot.waitSignal(task.failed):
        task.post(1)
    with qtbot.waitSignal(task.came) as came:
        task.post(2)
    assert said == ["It is too small."]
    assert came.args == [2]
    task.stop()
