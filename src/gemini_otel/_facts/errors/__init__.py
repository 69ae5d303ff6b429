"""What an exception or an error of the service means: its cause, its kind, and its message with the private parts masked.

It may import the standard library and the other facts only.
"""
