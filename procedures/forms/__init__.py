"""Forms of the import's pages: choosing a list, its columns and words, who goes on with it."""
