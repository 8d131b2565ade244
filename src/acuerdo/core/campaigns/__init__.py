"""Who is contacted when, on which channel, and why or why not."""
