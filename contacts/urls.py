"""Addresses of the desk: fiches, arrivals, imports, exports, rules."""

from django.urls import path

from contacts.urls_desk import urlpatterns as desk
from contacts.urls_fiche import urlpatterns as fiche
from contacts.urls_public import urlpatterns as directory
from contacts.views import arrival

# The QR is printed in capitals (a denser code): its address is the same page.
capitals = [
    path("R", arrival.publique, name="suite_publique_capitale"),
    path("R/<str:code>", arrival.publique, name="suite_publique_code_capitale"),
]

urlpatterns: list = [*fiche, *desk, *capitals, *directory]
