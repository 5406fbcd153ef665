"""Django's backend for SQLite, whose writers take turns: first come, first served.

See docs/decisions/0038.
"""
