"""Shared by all readers of the SDK's objects: fields, clients, usage, parts, and tables of what to read."""
