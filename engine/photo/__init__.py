"""The photo network: paints photos of any size in a style."""
