"""Flows as data, checked when loaded, run by a pure step."""
