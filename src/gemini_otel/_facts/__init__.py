"""What the SDK's side and OpenTelemetry's side exchange: frozen facts, names, outcomes, the meaning of errors, and the
guard.

It may import the standard library only: neither google.genai nor opentelemetry.
"""
