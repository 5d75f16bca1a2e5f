"""Widgets: they show state and emit signals, and contain no application logic."""
