"""Who sees a convention multipartite: the first lock, before row-level security (GUIDE, « Labellisation »).

The territory's staff, the référents of its places (they sit in the CTT) and those who run the region read it
from its first draft; the préfecture once it is out for signature; a signatory by its own link.
"""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from labelling.enums_convention import Answer, ConventionState
from labelling.querysets_label import of_my_territory

if TYPE_CHECKING:
    from territories.access import Actor


class ConventionQuerySet(models.QuerySet):
    def visible_to(self, actor: "Actor") -> Self:
        if actor.scope.system:
            return self.all()
        sealed = Q(region_id__in=actor.scope.seal) & ~Q(state=ConventionState.PROJET)
        return self.filter(of_my_territory(actor) | sealed)

    def for_territory(self, territory: object) -> Self:
        return self.filter(territory=territory)

    def working(self) -> Self:
        """Those being written or signed: one a territory."""
        return self.filter(state__in=[ConventionState.PROJET, ConventionState.SIGNATURE])

    def for_system(self) -> Self:
        return self.all()

    def by_token(self, token_hash: str) -> Self:
        """The convention a personal link opens; row-level security checks the same hash."""
        return self.filter(signatories__token_hash=token_hash)


class ConventionPartQuerySet(models.QuerySet):
    """Rows of a convention: read with it."""

    def visible_to(self, actor: "Actor") -> Self:
        from labelling.models import Convention

        if actor.scope.system:
            return self.all()
        return self.filter(convention__in=Convention.objects.visible_to(actor))

    def for_system(self) -> Self:
        return self.all()

    def by_token(self, token_hash: str) -> Self:
        """Rows of the convention a personal link opens; row-level security checks the same hash."""
        return self.filter(convention__signatories__token_hash=token_hash)


class ConventionSignatureQuerySet(ConventionPartQuerySet):
    def by_token(self, token_hash: str) -> Self:
        """What was answered by a personal link, or by the former ones of its signatory."""
        return self.filter(signatory__token_hash=token_hash)


class ConventionSignatoryQuerySet(ConventionPartQuerySet):
    def by_token(self, token_hash: str) -> Self:
        return self.filter(token_hash=token_hash)

    def in_force(self) -> Self:
        return self.filter(removed_at=None, party__removed_at=None)

    def with_signed(self) -> Self:
        """``signed``: a signature of the very text the convention shows now."""
        from labelling.models import ConventionSignature

        rows = ConventionSignature.objects.filter(
            signatory=OuterRef("pk"), answer=Answer.SIGNE, sha256=OuterRef("convention__sha256")
        )
        return self.annotate(signed=Exists(rows))

    def expected(self) -> Self:
        """Signatories in force who have not signed the current text."""
        return self.in_force().with_signed().filter(signed=False)
