"""Addresses of the desk: fiches, arrivals, imports, exports, rules."""

from contacts.urls_desk import urlpatterns as desk
from contacts.urls_fiche import urlpatterns as fiche

urlpatterns: list = [*fiche, *desk]
