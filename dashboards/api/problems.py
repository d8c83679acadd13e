"""Refusals of the API: problem+json (RFC 9457) in French, with a code that never changes."""

from dataclasses import dataclass

from django.conf import settings
from django.http import JsonResponse

from spo_portal.kernel.typography import NBSP

# Where each code is explained; the page is public.
HELP = "/aide/api/"


@dataclass(frozen=True)
class Kind:
    """What may go wrong: HTTP status, short title, what to do."""

    status: int
    title: str
    what: str


KINDS: dict[str, Kind] = {
    "parametre_refuse": Kind(400, "Paramètre refusé", "Corrigez le paramètre nommé dans « detail »."),
    "jeton_dans_adresse": Kind(
        400,
        "Jeton dans l’adresse",
        "Une adresse reste dans des journaux : révoquez ce jeton, et donnez le nouveau dans l’en-tête"
        " « Authorization ».",
    ),
    "jeton_absent": Kind(
        401, "Jeton absent", f"Ajoutez l’en-tête « Authorization{NBSP}: Bearer votre-jeton »."
    ),
    "jeton_inconnu": Kind(401, "Jeton inconnu", "Vérifiez la copie du jeton, ou créez-en un autre."),
    "jeton_perime": Kind(401, "Jeton périmé", "Créez un nouveau jeton depuis la page « Jetons »."),
    "jeton_revoque": Kind(401, "Jeton révoqué", "Ce jeton a été arrêté pour de bon. Créez-en un autre."),
    "mandat_termine": Kind(
        401, "Mandat terminé", "Le mandat qui portait ce jeton a pris fin : ses accès aussi."
    ),
    "droit_manquant": Kind(403, "Droit manquant", "Le mandat de ce jeton n’ouvre pas cette adresse."),
    "introuvable": Kind(
        404, "Introuvable", "Cette adresse n’existe pas, ou elle appartient à un autre périmètre."
    ),
    "verbe_refuse": Kind(405, "Lecture seule", "Cette interface ne se lit qu’avec GET ou HEAD."),
    "trop_de_demandes": Kind(429, "Trop de demandes", "Attendez la durée dite par « Retry-After »."),
    "indisponible": Kind(503, "Indisponible", "La base de données n’a pas répondu. Recommencez plus tard."),
}


class Problem(Exception):
    """One refusal, by its code; ``detail`` says what this very request did wrong."""

    def __init__(self, code: str, detail: str = "", *, retry_after: int = 0) -> None:
        super().__init__(code)
        self.code, self.kind = code, KINDS[code]
        self.detail = detail or self.kind.what
        self.retry_after = retry_after

    def response(self) -> JsonResponse:
        answer = JsonResponse(
            {
                "type": f"{settings.BASE_URL}{HELP}#{self.code}",
                "title": self.kind.title,
                "status": self.kind.status,
                "detail": self.detail,
                "code": self.code,
            },
            status=self.kind.status,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
        if self.kind.status == 401:
            error = "" if self.code == "jeton_absent" else ', error="invalid_token"'
            answer.headers["WWW-Authenticate"] = f'Bearer realm="API"{error}'
        if self.kind.status == 405:
            answer.headers["Allow"] = "GET, HEAD"
        if self.retry_after:
            answer.headers["Retry-After"] = str(self.retry_after)
        return answer
