"""The only writers of progress, a module by noun: permission, comparison, history in each."""
