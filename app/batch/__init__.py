"""Paint many photos, or a clip, in other processes. Does not use Qt."""
