"""A renewal or a modification starts from what was granted: texts, places, files (domain § 6)."""

from django.db import connection

from labelling.enums_label import AssociationMotive, PlaceOutcome, PlaceProposal, WithdrawalState
from labelling.models import LabelAttachment, LabelDossier, LabelPlace, LabelSection, LabelWithdrawal
from territories.access import Actor
from territories.enums import PartnerDirection

P = PlaceProposal


def copy_all(*, by: Actor, source: LabelDossier, into: LabelDossier) -> None:
    """Copy the content of ``source`` into a new draft. What was decided becomes what is proposed."""
    label = by.label or "Système"
    LabelSection.objects.bulk_create(
        LabelSection(dossier=into, key=row.key, text=row.text, saved_by_id=by.user_id, saved_by_label=label)
        for row in LabelSection.objects.visible_to(by).filter(dossier=source)
    )
    rows = (
        LabelPlace.objects.visible_to(by).filter(dossier=source).select_related("site", "site__organisation")
    )
    withdrawn = _withdrawn_since(by, source)
    LabelPlace.objects.bulk_create(_place(row, into, label, row.site_id in withdrawn) for row in rows)
    _copy_files(source, into)


def _withdrawn_since(by: Actor, source: LabelDossier) -> set[int]:
    """Places whose label was withdrawn after ``source`` was decided: asking again is an act of its own."""
    rows = LabelWithdrawal.objects.visible_to(by).filter(
        territory_id=source.territory_id, state=WithdrawalState.RETIRE
    )
    if source.decided_at is not None:
        rows = rows.filter(notified_at__gte=source.decided_at)
    return set(rows.order_by().values_list("site_id", flat=True))


def _place(row: LabelPlace, into: LabelDossier, label: str, withdrawn: bool) -> LabelPlace:
    made = LabelPlace(
        dossier=into,
        territory_id=into.territory_id,
        site_id=row.site_id,
        saved_by_label=label,
        proposal=P.ECARTE,
    )
    closed = not row.site.active or row.site.organisation.is_training_body
    if closed or withdrawn or row.outcome == PlaceOutcome.FIN:
        return made
    if not row.outcome and row.proposal == P.ECARTE:
        return made
    if row.outcome == PlaceOutcome.LABELLISE or (not row.outcome and row.proposal == P.LABEL):
        made.proposal, made.note = P.LABEL, row.note
        return made
    made.proposal = P.ASSOCIE
    hors = row.site.reseau_id is None
    made.motive = row.motive or (AssociationMotive.HORS_RESEAU if hors else AssociationMotive.NON_ELIGIBLE)
    made.direction = row.direction or row.site.direction or PartnerDirection.DESTINATAIRE
    made.note = row.outcome_reason or row.note
    return made


def _copy_files(source: LabelDossier, into: LabelDossier) -> None:
    """Files pass from one dossier to the other inside the database: their bytes never come here. They keep
    the day they were joined and the role that joined them."""
    table = LabelAttachment._meta.db_table
    names = "title, name, format, content, size, sha256, uploaded_at, uploaded_by_id, uploaded_by_label"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (dossier_id, {names}) SELECT %s, {names} FROM {table}"  # noqa: S608 - our own names
            " WHERE dossier_id = %s ORDER BY id",
            [into.pk, source.pk],
        )
