"""What `daub bench` measures of the engine; nothing else uses this."""
