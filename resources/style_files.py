"""What a style file is called: a style pack in one file, see ``engine.packs.style_archive``."""

SUFFIX = ".daubstyle"
MIME_TYPE = "application/x-daub-style"
