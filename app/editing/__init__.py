"""The editing session: commands, undo history, and controllers of tools, selection and styles."""
