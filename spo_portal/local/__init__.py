"""The embedded default: private PostgreSQL and Redis (Valkey) under .local/, and their supervisor.

Standard library and psycopg only: this package runs before Django is configured and never imports it.
"""
