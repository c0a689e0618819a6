"""Pages about a person: set-up, profile, own settings, the demo's sign-in."""
