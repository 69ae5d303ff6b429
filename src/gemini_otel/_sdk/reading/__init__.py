"""What all readers of the SDK's objects use: fields, clients, usage, parts and tables of what to read."""
