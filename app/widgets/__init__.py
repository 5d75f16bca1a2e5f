"""What is seen: widgets that show and ask, and decide nothing."""
