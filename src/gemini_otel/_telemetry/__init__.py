"""What a call becomes in OpenTelemetry: spans, metrics and log events, and the life of each from begin to end.

It knows OpenTelemetry and the facts. It may never import google.genai or _sdk.
"""
