"""Addresses of accounts, team, directory and commune search."""

urlpatterns: list = []
