"""The instruments of the conventions and our own counters, and what one round records in them."""
