"""Losses of neural painting: style (regions), content and regularisation."""
