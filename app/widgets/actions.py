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
            f"tool.{tool.id}",
            tool.name,
            (tool.shortcut,),
            tool.icon,
            tool.tip,
            checkable=True,
            group="tool",
        )
        for tool in TOOLS.values()
    )


def _favourite_specs() -> tuple[ActionSpec, ...]:
    return tuple(
        ActionSpec(f"favourite.{number}", f"Favourite {number}", (key_of(number),))
        for number in NUMBERS
    )


SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "&New...", ("Ctrl+N",), "new", "Create a new painting"),
    ActionSpec("open", "&Open...", ("Ctrl+O",), "open", "Open a painting or a photo"),
    ActionSpec("clip", "Open &clip...", (), "", "Open a film or an animation and paint it"),
    ActionSpec("recent", "Open &recent", (), "", "Recently saved or opened paintings"),
    ActionSpec("save", "&Save", ("Ctrl+S",), "save", "Save the painting"),
    ActionSpec(
        "save.as", "Save &as...", ("Ctrl+Shift+S",), "", "Save the painting under another name"
    ),
    ActionSpec(
        "import", "&Import picture...", ("Ctrl+Shift+I",), "import",
        "Paint a photo, convert a picture to a doodle, or trace it",
    ),
    ActionSpec(
        "export", "&Export...", ("Ctrl+E",), "export", "Export the painting or the doodle to a file"
    ),
    ActionSpec(
        "film", "Export &film...", (), "", "Export a film of how the painting was made"
    ),
    ActionSpec(
        "recover", "Recover &unsaved work...", (), "recover",
        "Search for unsaved work of earlier sessions",
    ),
    ActionSpec("quit", "&Quit", ("Ctrl+Q",), "", "Quit Daub"),
    ActionSpec("undo", "&Undo", ("Ctrl+Z",), "undo", "Undo the last step"),
    ActionSpec("redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Redo the last undone step"),
    ActionSpec(
        "copy", "&Copy painting", ("Ctrl+C",), "copy", "Copy the painting, or the selected part"
    ),
    ActionSpec(
        "copy.doodle", "Copy d&oodle", ("Ctrl+Shift+C",), "",
        "Copy the doodle, or the selected part",
    ),
    ActionSpec(
        "paste", "&Paste", ("Ctrl+V",), "paste", "Paste a doodle, or a picture to import or trace"
    ),
    ActionSpec(
        "clear", "C&lear", ("Delete",), "clear", "Fill the selection with the background material"
    ),
    ActionSpec("select.all", "Select &all", ("Ctrl+A",), "", "Select the whole canvas"),
    ActionSpec("select.none", "Select &none", ("Ctrl+Shift+A",), "", "Remove the selection"),
    ActionSpec("select.invert", "&Invert selection", ("Ctrl+I",), "",
               "Select everything that is not selected"),
    ActionSpec("select.grow", "&Grow selection", ("Ctrl+]",), "",
               "Grow the selection by some pixels"),
    ActionSpec("select.shrink", "S&hrink selection", ("Ctrl+[",), "",
               "Shrink the selection by some pixels"),
    ActionSpec(
        "select.duplicate", "&Duplicate", ("Ctrl+J",), "",
        "Duplicate the selected part beside itself; or drag a copy with Ctrl+Alt",
    ),
    *_tool_specs(),
    ActionSpec("swap", "S&wap materials", ("X",), "", "Switch to the previous material"),
    ActionSpec(
        "background", "Use as &background", ("Shift+X",), "",
        "Use the current material for erasing and clearing",
    ),
    ActionSpec(
        "paint.as", "Pa&int the material as...", ("Shift+P",), "",
        "Choose what paints the current material in this style",
    ),
    ActionSpec(
        "symmetry.left_right", "Mirror &left and right", ("H",), "symmetry",
        "Mirror strokes at a vertical axis", True,
    ),
    ActionSpec(
        "symmetry.top_bottom", "Mirror &top and bottom", ("Shift+H",), "",
        "Mirror strokes at a horizontal axis", True,
    ),
    ActionSpec("smaller", "Smaller brush", ("[",), "", "Make the brush smaller"),
    ActionSpec("larger", "Larger brush", ("]",), "", "Make the brush larger"),
    ActionSpec(
        "gallery", "Style &gallery", ("G",), "gallery",
        "Show all styles and choose one", True,
    ),
    ActionSpec(
        "styles.all", "&All styles...", ("Shift+G",), "",
        "Show this doodle in all styles and choose one",
    ),
    ActionSpec(
        "styles.add", "&New style from a picture...", (), "import",
        "Use the brush strokes of a picture to paint photos",
    ),
    ActionSpec("surprise", "&Random style", ("Ctrl+Shift+R",), "dice", "Choose a random style"),
    *_favourite_specs(),
    ActionSpec(
        "strokes", "Paint with stro&kes", ("K",), "strokes",
        "Replace the network's picture with brush strokes of the painting", checkable=True,
    ),
    ActionSpec("repaint", "Re&paint", ("Ctrl+F5",), "", "Paint the whole canvas again"),
    ActionSpec(
        "repaint.selection", "Repaint the selection differ&ently", ("Shift+F5",), "",
        "Paint the selected part with other strokes",
    ),
    ActionSpec("reroll", "&Random seed", ("R",), "dice", "Paint the same doodle differently"),
    ActionSpec(
        "variations", "&Variations...", ("Shift+R",), "",
        "Show this doodle in six seeds and choose one",
    ),
    ActionSpec(
        "refine", "Re&fine", ("Ctrl+R", "F9"), "refine",
        "Refine the painting in the background",
    ),
    ActionSpec("refine.pause", "&Pause", ("Shift+F9",), "pause", "Pause or resume Refine"),
    ActionSpec("refine.cancel", "&Cancel", ("Esc",), "stop", "Cancel Refine"),
    ActionSpec(
        "compare", "C&ompare", ("C",), "compare",
        "Compare the painting with the photo or the live preview", True,
    ),
    ActionSpec("zoom.in", "Zoom &in", ("Ctrl++", "Ctrl+="), "zoom-in", "Enlarge the view"),
    ActionSpec("zoom.out", "Zoom &out", ("Ctrl+-",), "zoom-out", "Shrink the view"),
    ActionSpec("zoom.fit", "&Fit the canvas", ("Ctrl+0",), "fit", "Show the whole canvas"),
    ActionSpec("zoom.actual", "&Actual size", ("Ctrl+1",), "actual",
               "Show one canvas pixel per screen pixel"),
    ActionSpec("turn.left", "Rotate &left", ("Ctrl+4",), "turn-left",
               "Rotate the view; the doodle stays unchanged"),
    ActionSpec("turn.right", "Rotate &right", ("Ctrl+6",), "turn-right",
               "Rotate the view; the doodle stays unchanged"),
    ActionSpec("turn.none", "R&eset rotation", ("Ctrl+5",), "", "Reset the rotation of the view"),
    ActionSpec(
        "mirror", "&Mirror", ("M",), "mirror", "Mirror the view; the doodle stays unchanged", True
    ),
    ActionSpec(
        "borders", "Region &borders", ("Ctrl+B",), "borders",
        "Show thin lines between materials over the painting", True,
    ),
    ActionSpec(
        "peek.doodle", "Show the &doodle", ("D",), "",
        "Show the doodle instead of the painting while the key is held", True,
    ),
    ActionSpec(
        "peek.preview", "Show &without Refine", ("Shift+C",), "",
        "Show the live preview instead of the refined picture while the key is held", True,
    ),
    ActionSpec("canvas.resize", "&Resize...", ("Ctrl+Alt+C",), "canvas-resize",
               "Scale the doodle, or extend and crop the canvas"),
    ActionSpec("canvas.crop", "&Crop to the selection", (), "canvas-crop",
               "Crop the canvas to the selection"),
    ActionSpec("canvas.flip_across", "Flip &horizontally", (), "canvas-flip-across",
               "Flip the doodle horizontally"),
    ActionSpec("canvas.flip_down", "Flip &vertically", (), "canvas-flip-down",
               "Flip the doodle vertically"),
    ActionSpec("canvas.turn_left", "Rotate le&ft", (), "canvas-turn-left",
               "Rotate the canvas by 90° anticlockwise"),
    ActionSpec("canvas.turn_right", "Rotate ri&ght", (), "canvas-turn-right",
               "Rotate the canvas by 90° clockwise"),
    ActionSpec(
        "view.side", "&Side by side", ("F2",), "view-side",
        "Show doodle and painting side by side", checkable=True, group="view",
    ),
    ActionSpec(
        "view.overlay", "O&verlay", ("F3",), "view-overlay",
        "Show the painting over the doodle", checkable=True, group="view",
    ),
    ActionSpec(
        "view.painting", "&Painting only", ("F4",), "view-painting",
        "Show only the painting and paint on it", checkable=True, group="view",
    ),
    ActionSpec(
        "history", "&History", ("Ctrl+H",), "history", "Show the list of undo steps", True
    ),
    ActionSpec(
        "panels", "Hide pa&nels", ("Shift+F11",), "",
        "Show nothing but the canvas: hide menus, bars and panels", True,
    ),
    ActionSpec("fullscreen", "F&ull screen", ("F11",), "", "Show the window in full screen", True),
    ActionSpec(
        "preferences", "Pr&eferences...", ("Ctrl+,",), "", "Theme, language, engine, autosave"
    ),
    ActionSpec("shortcuts", "&Keys and gestures", ("F1",), "", "Show all keys and gestures"),
    ActionSpec("guide", "&Guide", (), "", "Open the guide in the browser"),
    ActionSpec("tutorial", "T&utorial", (), "", "Paint a first picture, step by step"),
    ActionSpec("tips", "Show the &tips again", (), "", "Show the tips for new users again"),
    ActionSpec("diagnostics", "Copy &diagnostics", (), "copy",
               "Copy versions, device, settings and the end of the log, without folder names"),
    ActionSpec("log", "Show the &log", (), "", "Show warnings and errors"),
    ActionSpec("about", "&About Daub", (), "info", "Show versions, licences and diagnostics"),
)  # fmt: skip

MENUS: dict[str, tuple[str, ...]] = {
    "&File": (
        "new", "open", "clip", "recent", "-", "save", "save.as", "-", "import", "export", "film",
        "-", "recover", "-", "quit",
    ),
    "&Edit": (
        "undo", "redo", "-", "copy", "copy.doodle", "paste", "-", "clear", "-",
        "select.all", "select.none", "select.invert",
        "select.grow", "select.shrink", "-", "select.duplicate", "-", "preferences",
    ),
    "&Paint": (
        *(f"tool.{tool}" for tool in TOOLS), "-", "smaller", "larger", "swap", "background",
        "paint.as", "-", "symmetry.left_right", "symmetry.top_bottom", "-", "strokes", "repaint",
        "repaint.selection", "reroll", "variations",
    ),
    "&Canvas": (
        "canvas.resize", "canvas.crop", "-", "canvas.flip_across", "canvas.flip_down",
        "canvas.turn_left", "canvas.turn_right",
    ),
    "&Style": (
        "gallery", "styles.all", "styles.add", "surprise", "-",
        *(f"favourite.{number}" for number in NUMBERS),
    ),
    "&Refine": ("refine", "refine.pause", "refine.cancel", "-", "compare"),
    "&View": (
        "view.side", "view.overlay", "view.painting", "-",
        "zoom.in", "zoom.out", "zoom.fit", "zoom.actual", "-",
        "turn.left", "turn.right", "turn.none", "mirror", "-",
        "borders", "peek.doodle", "peek.preview", "-", "history", "panels", "fullscreen",
    ),
    "&Help": ("guide", "tutorial", "-", "shortcuts", "tips", "-", "log", "diagnostics", "about"),
}  # fmt: skip
SIDE_BAR = (
    *(f"tool.{tool}" for tool in TOOLS), "-", "symmetry.left_right", "-",
    "undo", "redo", "clear", "-", "new", "open", "save", "export",
)  # fmt: skip


class Actions:
    """The QActions of one window, by id. `only`: ids of those that it has, None for all."""

    def __init__(self, parent: QWidget, only: Sequence[str] | None = None) -> None:
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        for spec in SPECS:
            if only is None or spec.id in only:
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
