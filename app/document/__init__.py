"""The document model: the doodle and its painting as plain data, without Qt, torch or engine."""
