"""The Interactions API: what is patched, and how request and answer are read."""
