"""What the SDK's side and OpenTelemetry's side hand each other: frozen facts, names, outcomes, what is known of errors, and the guard.

It may import the standard library only: neither google.genai nor opentelemetry.
"""
