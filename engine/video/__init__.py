"""Moving pictures: clips painted without flicker, and films."""
