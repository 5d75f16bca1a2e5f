"""The main window, its launch code and its controllers."""
