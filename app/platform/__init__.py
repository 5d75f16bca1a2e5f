"""Settings, errors, translation, theme and what else concerns machine and system."""
