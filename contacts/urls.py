"""Addresses of the desk: fiches, arrivals, imports, exports, rules."""

urlpatterns: list = []
