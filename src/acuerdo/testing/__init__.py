"""The fakes we ship, and the suites they are held to."""
