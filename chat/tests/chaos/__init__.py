"""A site of its own, struck by faults at random while six clients talk, and judged by what its database holds."""
