"""What brings the program into service: run.py's commands for an office, and the files beside.

Standard library only: it runs before anything is installed.
"""
