"""Build and test the downloadable application bundle."""
