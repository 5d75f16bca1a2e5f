"""What exercises the application and is not it: benchmarks, demo, self-test, documentation."""
