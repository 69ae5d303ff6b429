"""What a developer asks for: check, explain, demo, report, how answers are shown, and the files that are printed.

It may use every room; nothing but the command line and the public names uses it.
"""
