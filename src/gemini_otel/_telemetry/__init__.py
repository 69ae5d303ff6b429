"""What a call becomes in OpenTelemetry: spans, metrics and log events, and the life of each from beginning to end.

It knows OpenTelemetry and the facts. It never imports google.genai or _sdk.
"""
