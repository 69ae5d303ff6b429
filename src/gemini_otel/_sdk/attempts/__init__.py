"""HTTP attempts: the functions with which each of the SDK's clients sends a request, and sends it again."""
