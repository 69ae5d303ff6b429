"""Live sessions: the span of a connection and the spans of its turns."""
