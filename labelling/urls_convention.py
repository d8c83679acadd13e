"""Addresses of the convention multipartite: its board, its text, its parties, its signature, its check."""

from django.urls import path

from labelling.views import convention_board as board
from labelling.views import convention_check as check
from labelling.views import convention_parties as parties
from labelling.views import convention_sign as sign
from labelling.views import convention_text as text

_ONE = "conventions/<int:pk>/"
_PARTY = f"{_ONE}parties/<int:partie>/"
_SIGNATORY = f"{_ONE}signataires/<int:signataire>/"

urlpatterns = [
    path("conventions/", board.conventions, name="conventions"),
    path("conventions/ouvrir/", board.open_one, name="convention_ouvrir"),
    path(_ONE, board.convention, name="convention"),
    path(f"{_ONE}avenant/", board.amend, name="convention_avenant"),
    path(f"{_ONE}abandonner/", board.abandon, name="convention_abandonner"),
    path(f"{_ONE}rappeler/", board.remind, name="convention_rappeler"),
    path(f"{_ONE}convention.pdf", board.document, name="convention_pdf"),
    path(f"{_ONE}texte/", text.text, name="convention_texte"),
    path(f"{_ONE}texte/ecrire/", text.write, name="convention_ecrire"),
    path(f"{_ONE}texte.txt", text.exact, name="convention_texte_exact"),
    path(f"{_ONE}reglages/", text.facts, name="convention_reglages"),
    path(f"{_ONE}presenter/", text.present, name="convention_presenter"),
    path(f"{_ONE}reprendre/", text.take_back, name="convention_reprendre"),
    path(f"{_ONE}versions/", text.versions, name="convention_versions"),
    path(f"{_ONE}parties/", parties.parties, name="convention_parties"),
    path(_PARTY, parties.party, name="convention_partie"),
    path(f"{_PARTY}retirer/", parties.remove, name="convention_partie_retirer"),
    path(_SIGNATORY, parties.signatory, name="convention_signataire"),
    path(f"{_SIGNATORY}renvoyer/", parties.resend, name="convention_signataire_renvoyer"),
    path(f"{_SIGNATORY}retirer/", parties.remove_signatory, name="convention_signataire_retirer"),
    path("convention/signature/<str:token>/", sign.sign, name="convention_signer"),
    path("convention/signature/<str:token>/texte.txt", sign.exact, name="convention_signer_texte"),
    path("convention/verifier/", check.check, name="convention_verifier"),
    path("convention/verifier/<str:sha256>/", check.check, name="convention_empreinte"),
]
