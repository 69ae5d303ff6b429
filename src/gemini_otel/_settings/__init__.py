"""What the user has set: the table of settings, how their values are read, and what is in force.

It may import the hints and the facts, never _sdk, _telemetry or google.genai.
"""
