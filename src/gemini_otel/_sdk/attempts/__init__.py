"""HTTP attempts: where each of the SDK's clients sends a request, and sends it again."""
