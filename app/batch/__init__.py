"""Paint many photos in several processes. Does not use Qt."""
