"""google-genai: what is patched in it, and how its objects are read into facts.

Its readers know the SDK and the facts. They never touch a span and import nothing of OpenTelemetry.
"""
