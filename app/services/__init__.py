"""The application's worker threads and its access to the engine."""
