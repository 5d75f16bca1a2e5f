"""Messages and questions to the user at the bottom of the workspace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.platform.theme import icon, pixmap
from app.platform.translation import tr

INFO_SECONDS, ERROR_SECONDS, OFFER_SECONDS = 4, 20, 15
MARGIN = 16


Then = Callable[[str], object]


@dataclass(frozen=True)
class _Question:
    """`then` is called with the answer; closing the bar answers `closing`, unless it is empty."""

    sentence: str
    answers: Sequence[str]
    then: Then
    closing: str


class MessageBar(QFrame):
    """Shows the latest message; information disappears after a few seconds, errors later.

    A question stays until it is answered. Other messages and questions replace it only for a time.
    `answered` carries the answer to a question of `ask`.
    """

    answered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._parent = parent
        self._icon, self._text = QLabel(), QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)  # names of files and styles are in it
        self._questions: list[_Question] = []
        self._buttons: list[QPushButton] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._end_message)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 8, 8, 8)
        self._layout.setSpacing(10)
        self._layout.addWidget(self._icon)
        self._layout.addWidget(self._text, 1)
        self._layout.addWidget(self._close_button())
        self.hide()

    @property
    def text(self) -> str:
        """Text of the latest message."""
        return self._text.text()

    @property
    def buttons(self) -> Sequence[QPushButton]:
        """Buttons of the answers to the current question or offer."""
        return self._buttons

    def say(self, sentence: str) -> None:
        """Show information for INFO_SECONDS."""
        self._show(sentence, "info")
        self._timer.start(INFO_SECONDS * 1000)

    def warn(self, sentence: str) -> None:
        """Show an error for ERROR_SECONDS."""
        self._show(sentence, "error")
        self._timer.start(ERROR_SECONDS * 1000)

    def ask(self, sentence: str, answers: Sequence[str]) -> None:
        """Ask a question; `answered` carries the answer. Closing the bar gives the first one."""
        self.drop_question()
        self._push(_Question(sentence, answers, self._emit_answer, answers[0]))

    def ask_then(self, sentence: str, answers: Sequence[str], then: Then) -> None:
        """Ask a question and call `then` with the answer. Closing the bar gives no answer."""
        self.drop_question(then)
        self._push(_Question(sentence, answers, then, ""))

    def ask_last(self, sentence: str, answers: Sequence[str], then: Then) -> None:
        """Ask like `ask_then`, but after all waiting questions are answered."""
        self.drop_question(then)
        question = _Question(sentence, answers, then, "")
        self._questions.insert(0, question)
        if len(self._questions) == 1:
            self._show_question(question)

    def offer(self, sentence: str, answers: Sequence[str], then: Then) -> None:
        """Show information with buttons and call `then` with the label of the clicked one.

        The message disappears after OFFER_SECONDS, or INFO_SECONDS if a question is waiting.
        """
        self._show(sentence, "info")
        self._set_answers(answers, lambda answer: self._accept(then, answer))
        self.place()
        self._timer.start((INFO_SECONDS if self._questions else OFFER_SECONDS) * 1000)

    def drop_question(self, then: Then | None = None) -> None:
        """Withdraw the question with this `then`, or without one the question of `ask`."""
        then = then or self._emit_answer
        kept = [question for question in self._questions if question.then != then]
        if len(kept) < len(self._questions):
            self._questions = kept
            self._set_answers(())
            self._end_message()

    def place(self) -> None:
        """Update the geometry: at the bottom of the parent, as wide as the text needs."""
        area = self._parent.rect()
        width = min(area.width() - 2 * MARGIN, max(320, self._wanted_width()))
        height = (
            self.heightForWidth(width) if self.hasHeightForWidth() else self.sizeHint().height()
        )
        self.setGeometry(
            (area.width() - width) // 2, area.height() - height - MARGIN, width, height
        )

    def _wanted_width(self) -> int:
        answers = sum(button.sizeHint().width() + 10 for button in self._buttons)
        return self._text.fontMetrics().horizontalAdvance(self._text.text()) + answers + 110

    def _emit_answer(self, answer: str) -> None:
        self.answered.emit(answer)

    def _push(self, question: _Question) -> None:
        self._questions.append(question)
        self._show_question(question)

    def _show_question(self, question: _Question) -> None:
        self._show(question.sentence, "info")
        self._set_answers(question.answers, lambda answer: self._answer(question, answer))
        self.place()

    def _show(self, sentence: str, level: str) -> None:
        self._timer.stop()
        self._text.setText(sentence)
        self._set_answers(())
        name = "warning" if level == "error" else "info"
        self._icon.setPixmap(pixmap(name, 18, self.devicePixelRatioF()))
        self.setProperty("level", level)
        self.style().polish(self)
        self.place()
        self.show()
        self.raise_()

    def _set_answers(self, answers: Sequence[str], then: Then | None = None) -> None:
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = [QPushButton(answer) for answer in answers]
        for place, button in enumerate(self._buttons):
            if then is not None:
                button.clicked.connect(lambda _=False, answer=answers[place]: then(answer))
            self._layout.insertWidget(2 + place, button)

    def _accept(self, then: Then, answer: str) -> None:
        self._end_message()
        then(answer)

    def _answer(self, question: _Question, answer: str) -> None:
        self.drop_question(question.then)
        question.then(answer)

    def _end_message(self) -> None:
        """End the current message: show the newest waiting question, or hide."""
        if self._questions:
            self._show_question(self._questions[-1])
        else:
            self._set_answers(())
            self.hide()

    def _close(self) -> None:
        question = self._questions[-1] if self._questions else None
        if question is None or self._text.text() != question.sentence:
            self._end_message()
            return
        self.drop_question(question.then)
        if question.closing:
            question.then(question.closing)

    def _close_button(self) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("close"))
        button.setToolTip(tr("Close this message"))
        button.setAccessibleName(tr("Close this message"))
        button.clicked.connect(self._close)
        return button
