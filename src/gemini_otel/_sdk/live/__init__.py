"""Live sessions: the drivers for connection, messages and tools, and how a message is read."""
