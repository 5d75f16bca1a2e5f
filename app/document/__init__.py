"""The doodle and its painting as plain data: no Qt, no torch, no engine."""
