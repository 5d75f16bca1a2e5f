"""The doodle generator: semantic mask and noise to picture, and its files."""
