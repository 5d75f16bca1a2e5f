"""The status bar."""

from PySide6.QtWidgets import QLabel, QSizePolicy, QStatusBar, QWidget

from app.platform.translation import tr

HINT = (
    "Wheel: zoom    Space or middle button: pan (Shift: rotate)    Alt-click: pick a material    "
    "[ ]: brush size"
)


class StatusBar(QStatusBar):
    """Shows a hint on the left; material, latency, device, canvas size and zoom on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._hint = QLabel(tr(HINT))
        # The hint makes room for progress; else the window would grow.
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self._hint, 1)
        self.material = self._figure(tr("Material under the pointer"))
        self.latency = self._figure(tr("Latency: time from a dab to its pixels on screen"))
        self.device = self._figure(tr("Device that the engine runs on"))
        self.canvas = self._figure(tr("Size of the canvas"))
        self.zoom = self._figure(tr("Zoom  (Ctrl+0: fit, Ctrl+1: actual size)"))
        self._wait = ""
        self.set_busy(False)

    def set_latency(self, milliseconds: float) -> None:
        """Show the time from the last dab to its pixels on screen."""
        self._wait = f"{milliseconds:.0f} ms"
        self.latency.setText(self._wait)

    def set_busy(self, busy: bool) -> None:
        """Show "painting..." while the engine paints and no latency is known yet."""
        self.latency.setText(tr("painting...") if busy and not self._wait else self._wait or "-")

    def set_device(self, text: str) -> None:
        """Show the device that the engine runs on."""
        self.device.setText(text)

    def set_canvas(self, width: int, height: int) -> None:
        """Show the size of the canvas in pixels."""
        self.canvas.setText(f"{width} × {height}")

    def set_material(self, name: str) -> None:
        """Show the material under the pointer; empty outside the canvas."""
        if name != self.material.text():
            self.material.setText(name)

    def set_view(self, scale: float, angle: float, mirrored: bool) -> None:
        """Show the zoom, the rotation in degrees clockwise, and whether the view is mirrored.

        `scale`: device pixels per canvas pixel.
        """
        turned = f"  {round((angle + 180) % 360 - 180)}°" if angle else ""
        self.zoom.setText(f"{scale * 100:.0f} %{turned}{'  ' + tr('mirrored') if mirrored else ''}")

    def show_job(self, progress: QWidget) -> None:
        """Add a progress widget after the hint."""
        self.insertWidget(1, progress)

    def _figure(self, tip: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tip)
        self.addPermanentWidget(label)
        return label
