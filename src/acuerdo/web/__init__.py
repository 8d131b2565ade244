"""Pages and hooks: what a browser or a provider calls."""
