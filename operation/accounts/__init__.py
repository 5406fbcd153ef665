"""Accounts: passwords, lockout, the time a sign-in lasts, and the yearly transfer of people."""
