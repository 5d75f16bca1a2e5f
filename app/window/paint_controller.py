"""Connects the hand with what it paints on, and with everything its tools are chosen by."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from app.document.document import Change, Changed
from app.editing.session import Session
from app.tools import TOOLS, ToolOptions, heeds
from app.widgets.actions import Actions
from app.widgets.gesture_keys import GestureKeys
from app.widgets.palette import Palette
from app.widgets.tool_options import ToolOptionsBar
from app.widgets.workspace import Workspace


class PaintController(QObject):
    """Canvas, palette, tool options and the actions of tools and selection of one window."""

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
        self._connect_actions()
        self._connect_canvas()
        self._connect_choices()
        session.document.subscribe(self._on_document)

    def show_all(self) -> None:
        """Show what the tools, the background and the selection are now."""
        self._show_options(self._session.options)
        self._show_background()
        self._show_selection()

    def _connect_actions(self) -> None:
        session, hand, selecting = (
            self._session,
            self._session.tool_controller,
            self._session.selection_commands,
        )
        handlers: dict[str, Callable[[], object]] = {
            "smaller": partial(hand.resize_brush, -1), "larger": partial(hand.resize_brush, 1),
            "swap": hand.swap_materials,
            "background": lambda: session.set_background(hand.options.material),
            "select.all": selecting.all, "select.none": selecting.none,
            "select.invert": selecting.invert, "select.grow": partial(selecting.resize, 1),
            "select.shrink": partial(selecting.resize, -1),
            "select.duplicate": selecting.duplicate,
        }  # fmt: skip
        for tool in TOOLS:
            handlers[f"tool.{tool}"] = partial(hand.set_options, tool=tool)
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(lambda _=False, do=handler: do())
        for axis in ("left_right", "top_bottom"):
            action = self._actions[f"symmetry.{axis}"]
            action.toggled.connect(lambda on, axis=axis: hand.set_symmetry(**{axis: on}))

    def _connect_canvas(self) -> None:
        hand, space, keys = self._session.tool_controller, self._workspace, GestureKeys(self)
        space.pressed.connect(hand.press)
        space.dragged.connect(hand.drag)
        space.released.connect(hand.release)
        space.hovered.connect(hand.hover)
        space.interrupted.connect(hand.drop)
        space.axes.moved.connect(lambda change: hand.set_symmetry(**change))
        hand.symmetry_changed.connect(space.set_symmetry)
        hand.traced.connect(space.set_trace)
        hand.busy_changed.connect(keys.listen)
        keys.dropped.connect(hand.drop)
        keys.closed.connect(hand.end)
        keys.stepped_back.connect(hand.step_back)

    def _connect_choices(self) -> None:
        session, hand = self._session, self._session.tool_controller
        self._palette.chosen.connect(hand.choose_material)
        self._palette.background_chosen.connect(session.set_background)
        self._options_bar.changed.connect(lambda change: hand.set_options(**change))
        hand.options_changed.connect(self._show_options)

    def _show_options(self, options: ToolOptions) -> None:
        self._options_bar.show_options(options)
        self._palette.set_material(options.material)
        self._actions[f"tool.{options.tool}"].setChecked(True)
        square = options.brush == "square" and heeds(options, "brush")
        self._workspace.set_brush(options.size if heeds(options, "size") else 0, square)

    def _show_background(self) -> None:
        background = self._session.document.background
        self._options_bar.set_background(background)
        self._palette.set_background(background)

    def _show_selection(self) -> None:
        exists = self._session.document.selection is not None
        for name in ("none", "invert", "grow", "shrink", "duplicate"):
            self._actions[f"select.{name}"].setEnabled(exists)

    def _on_document(self, change: Change) -> None:
        if change.what in (Changed.BACKGROUND, Changed.CANVAS):
            self._show_background()
        if change.what in (Changed.SELECTION, Changed.CANVAS):
            self._show_selection()
