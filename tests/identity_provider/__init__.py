"""A real OpenID provider (django-oauth-toolkit) as a program of its own, started by the tests."""
