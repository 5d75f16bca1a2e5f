"""The command line, one module per group of commands. Does not use Qt."""
