"""Addresses of « Où s’adresser ? »: read by anybody, shared, printed and embedded."""

from django.urls import path, re_path

from contacts.views import public_directory, public_embed, public_place

_PLACE = "ou-s-adresser/<slug:region>/lieu/<int:pk>/"

urlpatterns = [
    path("ou-s-adresser/", public_directory.index, name="ou_s_adresser"),
    path("ou-s-adresser/<slug:region>/", public_directory.region, name="ou_region"),
    path("ou-s-adresser/<slug:region>/carte.svg", public_directory.outlines, name="ou_carte"),
    path("ou-s-adresser/<slug:region>/integrer/", public_embed.embedded, name="ou_integre"),
    path("ou-s-adresser/<slug:region>/integrer/guide/", public_embed.guide, name="ou_integre_guide"),
    re_path(
        r"^ou-s-adresser/(?P<region>[-a-z0-9]+)/lieu/(?P<pk>[0-9]{1,18})/qr\.(?P<form>svg|png)$",
        public_place.qr,
        name="ou_lieu_qr",
    ),
    path(f"{_PLACE}<slug:slug>/", public_place.place, name="ou_lieu"),
    path("sitemap.xml", public_embed.sitemap, name="sitemap"),
]
