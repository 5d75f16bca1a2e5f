"""The flow field that guides both engines: streaks and directions along a doodle's borders."""

from engine.flow.character import NEUTRAL, RegionFlow
from engine.flow.field import REACH, FlowField, directions_window, flow_field
from engine.flow.measure import measure_character

__all__ = [
    "NEUTRAL",
    "REACH",
    "FlowField",
    "RegionFlow",
    "directions_window",
    "flow_field",
    "measure_character",
]
