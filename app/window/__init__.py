"""The main window: launching, its controllers, closing."""
