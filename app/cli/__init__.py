"""The command line, one module a group of commands. Knows no Qt."""
