"""Daub's engine: generators, descriptors, losses and training. Knows neither Qt nor the app."""
