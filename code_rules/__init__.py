"""Our own rules for the code, and what runs them."""
