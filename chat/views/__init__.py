"""The HTTP doors: each view parses a request, calls one action or reader, and answers."""
