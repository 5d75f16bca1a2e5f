"""Many photos painted by several processes. Knows no Qt."""
