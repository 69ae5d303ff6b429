"""The subcommands: check, explain, demo, report, how answers are shown, and the files that are printed.

It may use every room; only the command line and the public names use it.
"""
