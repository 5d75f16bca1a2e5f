"""Connects canvas, palette, tool options and tool actions with the tool controller."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from app.document.document import Change, Changed
from app.document.rect import Rect
from app.editing.session import Session
from app.tools import TOOLS, ToolOptions, heeds
from app.widgets.actions import Actions
from app.widgets.gesture_keys import GestureKeys
from app.widgets.palette import Palette
from app.widgets.tool_options import ToolOptionsBar
from app.widgets.workspace import Workspace

if TYPE_CHECKING:
    from app.widgets.quick_palette import QuickPalette


class PaintController(QObject):
    """Controls painting in one window: canvas, palette, tools, selection and symmetry."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        workspace: Workspace,
        palette: Palette,
        options_bar: ToolOptionsBar,
    ) -> None:
        super().__init__(session)
        self._session, self._actions = session, actions
        self._workspace, self._palette, self._options_bar = workspace, palette, options_bar
        self._quick_palette: QuickPalette | None = None
        self._connect_actions()
        self._connect_canvas()
        self._connect_choices()
        session.document.subscribe(self._on_document)

    def show_all(self) -> None:
        """Show the current tool options, background and selection."""
        self._show_options(self._session.options)
        self._show_background()
        self._show_selection()

    def _connect_actions(self) -> None:
        session, tools, selecting = (
            self._session,
            self._session.tool_controller,
            self._session.selection_commands,
        )
        handlers: dict[str, Callable[[], object]] = {
            "smaller": partial(tools.resize_brush, -1), "larger": partial(tools.resize_brush, 1),
            "swap": tools.swap_materials,
            "background": lambda: session.set_background(tools.options.material),
            "select.all": selecting.all, "select.none": selecting.none,
            "select.invert": selecting.invert, "select.grow": partial(selecting.resize, 1),
            "select.shrink": partial(selecting.resize, -1),
            "select.duplicate": selecting.duplicate,
        }  # fmt: skip
        for tool in TOOLS:
            handlers[f"tool.{tool}"] = partial(tools.set_options, tool=tool)
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(lambda _=False, do=handler: do())
        for axis in ("left_right", "top_bottom"):
            action = self._actions[f"symmetry.{axis}"]
            action.toggled.connect(lambda on, axis=axis: tools.set_symmetry(**{axis: on}))

    def _connect_canvas(self) -> None:
        tools, space = self._session.tool_controller, self._workspace
        keys = GestureKeys(lambda: tools.dragging, self)
        space.pressed.connect(tools.press)
        space.dragged.connect(tools.drag)
        space.released.connect(tools.release)
        space.released.connect(lambda _sample: keys.catch_up())
        space.hovered.connect(tools.hover)
        space.interrupted.connect(tools.drop)
        space.palette_asked.connect(self._show_quick_palette)
        self._session.preview.patched.connect(space.show_patched)
        space.axes.moved.connect(lambda change: tools.set_symmetry(**change))
        tools.symmetry_changed.connect(space.set_symmetry)
        tools.traced.connect(space.set_trace)
        self._session.strokes.flow_changed.connect(space.set_flow)
        tools.busy_changed.connect(keys.listen)
        keys.dropped.connect(tools.drop)
        keys.closed.connect(tools.close)
        keys.stepped_back.connect(tools.step_back)

    def _connect_choices(self) -> None:
        session, tools = self._session, self._session.tool_controller
        self._palette.chosen.connect(tools.choose_material)
        self._palette.background_chosen.connect(session.set_background)
        self._options_bar.changed.connect(lambda change: tools.set_options(**change))
        tools.options_changed.connect(self._show_options)

    def _show_quick_palette(self, spot: QPoint) -> None:
        # Not imported with the window: the first frame does not need it.
        from app.widgets.quick_palette import QuickPalette

        tools = self._session.tool_controller
        if self._quick_palette is None:
            self._quick_palette = QuickPalette(self._workspace)
            self._quick_palette.chosen.connect(tools.choose_material)
            self._quick_palette.resized.connect(lambda size: tools.set_options(size=size))
        photo = self._session.document.photo is not None
        self._quick_palette.show_at(spot, tools.options, photo)

    def _show_options(self, options: ToolOptions) -> None:
        self._options_bar.show_options(options)
        self._palette.set_material(options.material)
        self._actions[f"tool.{options.tool}"].setChecked(True)
        self._workspace.set_directions(heeds(options, "comb"))
        square = options.brush == "square" and heeds(options, "brush")
        self._workspace.set_brush(options.size if heeds(options, "size") else 0, square)

    def _show_ink(self, rect: Rect) -> None:
        """Show at once what the pen does; other changes, such as undo, wait for the painting."""
        if self._session.preview.by_pointer:
            self._workspace.show_ink(rect)
        else:
            self._workspace.show_patched(rect, self._session.document.labels.snapshot())

    def _show_background(self) -> None:
        background = self._session.document.background
        self._options_bar.set_background(background)
        self._palette.set_background(background)

    def _show_selection(self) -> None:
        exists = self._session.document.selection is not None
        for name in ("none", "invert", "grow", "shrink", "duplicate"):
            self._actions[f"select.{name}"].setEnabled(exists)

    def _on_document(self, change: Change) -> None:
        if change.what is Changed.LABELS:
            self._show_ink(change.rect)
        if change.what in (Changed.BACKGROUND, Changed.CANVAS):
            self._show_background()
        if change.what in (Changed.SELECTION, Changed.CANVAS):
            self._show_selection()
