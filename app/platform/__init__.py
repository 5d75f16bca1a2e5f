"""Settings, error handling, translation, theme and integration with the operating system."""
