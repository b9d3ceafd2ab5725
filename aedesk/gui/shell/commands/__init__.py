"""The window's commands: their table, when each is available, and what they do."""
