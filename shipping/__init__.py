"""Making the application that people download: what goes into it, building and testing it."""
