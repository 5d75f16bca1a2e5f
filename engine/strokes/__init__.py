"""Guided patch synthesis: paint with the painting's own brush strokes."""

import os

import platformdirs

# Compiled kernels are kept in the user's cache folder, also where Daub's own folder cannot be
# written to. numba reads this when it is imported.
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(platformdirs.user_cache_path("daub", appauthor=False) / "numba")
)
