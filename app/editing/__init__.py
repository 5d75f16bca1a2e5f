"""The session: commands, history, and what tools, selection and styles do to the document."""
