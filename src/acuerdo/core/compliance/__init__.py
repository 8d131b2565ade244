"""The guard: law packs as data, and the only door through which a message is cleared."""
