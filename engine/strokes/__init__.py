"""Guided patch synthesis: paint with brush strokes copied from a painting."""

import os

import platformdirs

# Cache compiled kernels in the user's cache folder, because Daub's own folder may not be writable.
# numba reads this variable on import.
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(platformdirs.user_cache_path("daub", appauthor=False) / "numba")
)
