"""Jobs: what happens without anyone waiting."""
