"""``python -m shipping.icons``: render the application's icon from its SVG.

Run it when ``resources/icons/daub.svg`` has changed. The pictures are kept in the repository,
because the command line, which installs them, does not import Qt.
"""

import os

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from shipping.contents import ROOT

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
SOURCE = ROOT / "resources" / "icons" / "daub.svg"
FOLDER = ROOT / "resources" / "desktop"


def drawn(size: int) -> QImage:
    """Return the icon, size x size pixels."""
    picture = QImage(size, size, QImage.Format.Format_ARGB32)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(SOURCE.read_bytes())).render(painter)
    painter.end()
    return picture


def main() -> None:
    """Write the icon in all sizes."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    for size in SIZES:
        drawn(size).save(str(FOLDER / f"daub-{size}.png"))
    application.quit()


if __name__ == "__main__":
    main()
