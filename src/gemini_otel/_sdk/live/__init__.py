"""Live sessions: the drivers of connection, messages and tools, and how a message is read."""
