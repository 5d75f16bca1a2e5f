"""The photo network: photos into paintings, at any size."""
