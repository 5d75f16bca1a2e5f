"""The table of all actions; menus, toolbars, shortcuts and tooltips are built from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar, QWidget

from app.platform.favourites import NUMBERS, key_of
from app.platform.theme import icon
from app.platform.translation import tr
from app.tools import TOOLS


@dataclass(frozen=True)
class ActionSpec:
    """One row of the table. Of the actions with the same `group` only one can be checked."""

    id: str
    text: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    checkable: bool = False
    group: str = ""


def _tool_specs() -> tuple[ActionSpec, ...]:
    return tuple(
        ActionSpec(
            f"tool.{tool.id}", tool.name, (tool.shortcut,), tool.icon, tool.tip, True, "tool"
        )
        for tool in TOOLS.values()
    )


def _favourite_specs() -> tuple[ActionSpec, ...]:
    return tuple(
        ActionSpec(f"favourite.{number}", f"Favourite {number}", (key_of(number),))
        for number in NUMBERS
    )


SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "&New...", ("Ctrl+N",), "new", "Begin another painting"),
    ActionSpec("open", "&Open...", ("Ctrl+O",), "open", "Open a painting or a photo"),
    ActionSpec("recent", "Open &recent", (), "", "Paintings that were saved or opened last"),
    ActionSpec("save", "&Save", ("Ctrl+S",), "save", "Save the painting"),
    ActionSpec(
        "save.as", "Save &as...", ("Ctrl+Shift+S",), "", "Save the painting under another name"
    ),
    ActionSpec(
        "import", "&Import picture...", ("Ctrl+Shift+I",), "import",
        "Paint a photo, make a doodle of a picture, or trace it",
    ),
    ActionSpec(
        "export", "&Export...", ("Ctrl+E",), "export", "Write the painting or the doodle to a file"
    ),
    ActionSpec(
        "recover", "Recover &unsaved work...", (), "recover",
        "Look for work that was not saved when Daub ended",
    ),
    ActionSpec("quit", "&Quit", ("Ctrl+Q",), "", "Leave Daub"),
    ActionSpec("undo", "&Undo", ("Ctrl+Z",), "undo", "Take the last step back"),
    ActionSpec("redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Make the step again"),
    ActionSpec(
        "copy", "&Copy painting", ("Ctrl+C",), "copy", "Copy the painting, or the selected part"
    ),
    ActionSpec(
        "copy.doodle", "Copy d&oodle", ("Ctrl+Shift+C",), "",
        "Copy the doodle's materials, or the selected ones",
    ),
    ActionSpec(
        "paste", "&Paste", ("Ctrl+V",), "paste", "Paste a doodle, or a picture to import or trace"
    ),
    ActionSpec(
        "clear", "C&lear", ("Delete",), "clear", "Paint all that is selected back to the background"
    ),
    ActionSpec("select.all", "Select &all", ("Ctrl+A",), "", "Select the whole canvas"),
    ActionSpec("select.none", "Select &none", ("Ctrl+Shift+A",), "", "Work everywhere again"),
    ActionSpec("select.invert", "&Invert selection", ("Ctrl+I",), "", "Select all the rest"),
    ActionSpec("select.grow", "&Grow selection", ("Ctrl+]",), "", "Select some pixels more around"),
    ActionSpec("select.shrink", "S&hrink selection", ("Ctrl+[",), "", "Select some pixels less"),
    ActionSpec(
        "select.duplicate", "&Duplicate", ("Ctrl+J",), "",
        "A copy of what is selected, beside it; Ctrl+Alt drags one elsewhere",
    ),
    *_tool_specs(),
    ActionSpec("swap", "S&wap materials", ("X",), "", "Take the material chosen before"),
    ActionSpec(
        "background", "Use as &background", ("Shift+X",), "",
        "Erase and clear to the chosen material from now on",
    ),
    ActionSpec(
        "symmetry.left_right", "Mirror &left and right", ("H",), "symmetry",
        "Paint on both sides of an axis at once", True,
    ),
    ActionSpec(
        "symmetry.top_bottom", "Mirror &top and bottom", ("Shift+H",), "",
        "Paint above and below an axis at once", True,
    ),
    ActionSpec("smaller", "Smaller brush", ("[",), "", "Make the brush smaller"),
    ActionSpec("larger", "Larger brush", ("]",), "", "Make the brush larger"),
    ActionSpec(
        "gallery", "Style &gallery", ("G",), "gallery",
        "Look at all styles and choose one; the doodle stays", True,
    ),
    ActionSpec("surprise", "Surprise &me", ("Shift+R",), "dice", "Paint in a style left to chance"),
    *_favourite_specs(),
    ActionSpec("reroll", "&Re-roll the seed", ("R",), "dice", "Paint the same doodle differently"),
    ActionSpec(
        "refine", "Re&fine", ("Ctrl+R", "F9"), "refine",
        "Work the painting out, stroke by stroke; painting goes on meanwhile",
    ),
    ActionSpec("refine.pause", "&Pause", ("Shift+F9",), "pause", "Hold Refine, or let it go on"),
    ActionSpec("refine.cancel", "&Cancel", ("Esc",), "stop", "Stop Refine"),
    ActionSpec(
        "compare", "C&ompare", ("C",), "compare",
        "A divider: the photo or the live preview on the left, the painting on the right", True,
    ),
    ActionSpec("zoom.in", "Zoom &in", ("Ctrl++", "Ctrl+="), "zoom-in", "Look closer"),
    ActionSpec("zoom.out", "Zoom &out", ("Ctrl+-",), "zoom-out", "Step back"),
    ActionSpec("zoom.fit", "&Fit the canvas", ("Ctrl+0",), "fit", "See the whole canvas"),
    ActionSpec("zoom.actual", "&Actual size", ("Ctrl+1",), "actual", "One pixel to one pixel"),
    ActionSpec("turn.left", "Turn &left", ("Ctrl+4",), "turn-left", "Turn the view only"),
    ActionSpec("turn.right", "Turn &right", ("Ctrl+6",), "turn-right", "Turn the view only"),
    ActionSpec("turn.none", "Upri&ght", ("Ctrl+5",), "", "Turn the view upright again"),
    ActionSpec(
        "mirror", "&Mirror", ("M",), "mirror", "See the canvas as a mirror shows it", True
    ),
    ActionSpec(
        "borders", "Region &borders", ("Ctrl+B",), "borders",
        "Thin lines over the painting where one material meets the next", True,
    ),
    ActionSpec(
        "peek.doodle", "Show the &doodle", ("D",), "",
        "The doodle in the painting's place, for as long as the key is held", True,
    ),
    ActionSpec(
        "peek.preview", "Show &without Refine", ("Shift+C",), "",
        "The live preview in place of the refined picture, for as long as the key is held", True,
    ),
    ActionSpec("canvas.resize", "&Resize...", ("Ctrl+Alt+C",), "canvas-resize",
               "Scale the doodle, or add to the canvas and cut off"),
    ActionSpec("canvas.crop", "&Crop to the selection", (), "canvas-crop",
               "Keep only the box around what is selected"),
    ActionSpec("canvas.flip_across", "Flip &left to right", (), "canvas-flip-across",
               "Mirror the doodle itself"),
    ActionSpec("canvas.flip_down", "Flip &upside down", (), "canvas-flip-down",
               "Turn the doodle's top to its bottom"),
    ActionSpec("canvas.turn_left", "Turn le&ft", (), "canvas-turn-left",
               "Turn the canvas by a quarter, against the clock"),
    ActionSpec("canvas.turn_right", "Turn ri&ght", (), "canvas-turn-right",
               "Turn the canvas by a quarter, with the clock"),
    ActionSpec(
        "view.side", "&Side by side", ("F2",), "view-side",
        "Doodle and painting beside each other", True, "view",
    ),
    ActionSpec(
        "view.overlay", "O&verlay", ("F3",), "view-overlay",
        "One canvas: the painting over the doodle", True, "view",
    ),
    ActionSpec(
        "view.painting", "&Painting only", ("F4",), "view-painting",
        "Only the painting; the brush works on it", True, "view",
    ),
    ActionSpec(
        "history", "&History", ("Ctrl+H",), "history", "The list of steps; a click goes there", True
    ),
    ActionSpec("fullscreen", "F&ull screen", ("F11",), "", "Fill the screen", True),
    ActionSpec(
        "preferences", "Pr&eferences...", ("Ctrl+,",), "", "Theme, language, engine, autosave"
    ),
    ActionSpec("shortcuts", "&Keys and gestures", ("F1",), "", "Every key, with a search"),
    ActionSpec("log", "Show the &log", (), "", "What went wrong, as it is written down"),
    ActionSpec("about", "&About Daub", (), "info", "Version and thanks"),
)  # fmt: skip

MENUS: dict[str, tuple[str, ...]] = {
    "&File": (
        "new", "open", "recent", "-", "save", "save.as", "-", "import", "export", "-", "recover",
        "-", "quit",
    ),
    "&Edit": (
        "undo", "redo", "-", "copy", "copy.doodle", "paste", "-", "clear", "-",
        "select.all", "select.none", "select.invert",
        "select.grow", "select.shrink", "-", "select.duplicate", "-", "preferences",
    ),
    "&Paint": (
        *(f"tool.{tool}" for tool in TOOLS), "-", "smaller", "larger", "swap", "background", "-",
        "symmetry.left_right", "symmetry.top_bottom", "-", "reroll",
    ),
    "&Canvas": (
        "canvas.resize", "canvas.crop", "-", "canvas.flip_across", "canvas.flip_down",
        "canvas.turn_left", "canvas.turn_right",
    ),
    "&Style": ("gallery", "surprise", "-", *(f"favourite.{number}" for number in NUMBERS)),
    "&Refine": ("refine", "refine.pause", "refine.cancel", "-", "compare"),
    "&View": (
        "view.side", "view.overlay", "view.painting", "-",
        "zoom.in", "zoom.out", "zoom.fit", "zoom.actual", "-",
        "turn.left", "turn.right", "turn.none", "mirror", "-",
        "borders", "peek.doodle", "peek.preview", "-", "history", "fullscreen",
    ),
    "&Help": ("shortcuts", "-", "log", "about"),
}  # fmt: skip
SIDE_BAR = (
    *(f"tool.{tool}" for tool in TOOLS), "-", "symmetry.left_right", "-",
    "undo", "redo", "clear", "-", "new", "open", "save", "export",
)  # fmt: skip


class Actions:
    """The QActions of one window, by id."""

    def __init__(self, parent: QWidget) -> None:
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        for spec in SPECS:
            self._actions[spec.id] = self._made(spec, parent)
        parent.addActions(list(self._actions.values()))

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def fill(self, target: QToolBar | QMenu, entries: Sequence[str]) -> None:
        """Add actions to a menu or a toolbar by id; "-" adds a separator."""
        for entry in entries:
            if entry == "-":
                target.addSeparator()
            else:
                target.addAction(self._actions[entry])

    def _made(self, spec: ActionSpec, parent: QWidget) -> QAction:
        action = QAction(tr(spec.text), parent)
        action.setObjectName(spec.id)
        action.setCheckable(spec.checkable)
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.setToolTip(with_shortcut(tr(spec.tip) if spec.tip else plain(tr(spec.text)), action))
        action.setStatusTip(tr(spec.tip) if spec.tip else "")
        if spec.icon:
            action.setIcon(icon(spec.icon))
        if spec.group:
            self._group(spec.group, parent).addAction(action)
        return action

    def _group(self, name: str, parent: QWidget) -> QActionGroup:
        return self._groups.setdefault(name, QActionGroup(parent))


def plain(text: str) -> str:
    """Return a menu text without its mnemonic and dots."""
    return text.replace("&", "").rstrip(".")


def with_shortcut(tip: str, action: QAction) -> str:
    """Return a tooltip followed by the action's first shortcut."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{tip}  ({keys})" if keys else tip
