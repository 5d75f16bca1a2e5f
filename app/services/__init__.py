"""Threads and the engine live here and nowhere else in the application."""
