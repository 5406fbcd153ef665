"""Workbooks: reading what offices send, writing what they get back. No database, no Django."""
