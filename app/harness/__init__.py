"""Tools that run the application: benchmarks, demo, self-test and documentation pictures."""
