"""A package, so that its rows are gone when its last test is done (fixtures of that scope)."""
