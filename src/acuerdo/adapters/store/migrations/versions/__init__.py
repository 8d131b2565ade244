"""One module per revision, named by its number; each runs plain SQL."""
