"""Documents drawn, and files that people send made harmless."""
