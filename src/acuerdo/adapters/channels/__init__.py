"""Channels: each a folder that declares itself."""
