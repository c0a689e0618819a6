"""One archive that holds the whole site, made while it runs, and the way back into an empty place."""
