"""Reference data in files: columns, reading and writing, and the import that is all or nothing."""
