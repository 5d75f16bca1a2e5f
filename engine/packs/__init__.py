"""Style packs: read, check, measure and show them."""
