"""The status bar: device, canvas, zoom and how quick the brush is."""

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from app.platform.translation import tr

HINT = (
    "Wheel: zoom    Space or middle button: pan (Shift: turn)    Alt-click: pick a material    "
    "[ ]: brush size"
)


class StatusBar(QStatusBar):
    """Permanent figures at the right, hints at the left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._hint = QLabel(tr(HINT))
        self.addWidget(self._hint, 1)
        self.material = self._figure(tr("What is under the pointer"))
        self.latency = self._figure(tr("Time from a dab to its pixels on screen"))
        self.device = self._figure(tr("What the engine runs on"))
        self.canvas = self._figure(tr("Size of the canvas"))
        self.zoom = self._figure(tr("Zoom  (Ctrl+0 fits, Ctrl+1 is actual size)"))
        self._wait = ""
        self.set_busy(False)

    def set_latency(self, milliseconds: float) -> None:
        """How long the last dab took."""
        self._wait = f"{milliseconds:.0f} ms"
        self.latency.setText(self._wait)

    def set_busy(self, busy: bool) -> None:
        """Whether the engine is painting."""
        self.latency.setText(tr("painting...") if busy and not self._wait else self._wait or "-")

    def set_device(self, text: str) -> None:
        """What the engine runs on."""
        self.device.setText(text)

    def set_canvas(self, width: int, height: int) -> None:
        """The canvas's size."""
        self.canvas.setText(f"{width} × {height}")

    def set_material(self, name: str) -> None:
        """What is under the pointer; empty beside the canvas."""
        if name != self.material.text():
            self.material.setText(name)

    def set_view(self, scale: float, angle: float, mirrored: bool) -> None:
        """Device pixels per canvas pixel, degrees clockwise, and whether left is right."""
        turned = f"  {round((angle + 180) % 360 - 180)}°" if angle else ""
        self.zoom.setText(f"{scale * 100:.0f} %{turned}{'  ' + tr('mirrored') if mirrored else ''}")

    def show_job(self, progress: QWidget) -> None:
        """Keep a place for how far something is, before the figures."""
        self.insertWidget(1, progress)

    def _figure(self, tip: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tip)
        self.addPermanentWidget(label)
        return label
