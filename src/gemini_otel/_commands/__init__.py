"""What a developer asks for: check, explain, demo, and how their answers are shown.

It may use every room; nothing but the command line and the public names uses it.
"""
