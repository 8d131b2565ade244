"""Each measure, a fold over facts with its definition in its docstring."""
