"""One function per use case: load, decide, commit. The ports live here."""
