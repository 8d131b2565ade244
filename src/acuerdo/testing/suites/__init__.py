"""Contract suites: what every adapter of a kind has to do, run against the fake and against the real one."""
