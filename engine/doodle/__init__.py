"""The doodle generator, which turns a semantic mask and noise into a picture, and its files."""
