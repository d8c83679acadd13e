from typing import Any

from django.apps import AppConfig


class LabellingConfig(AppConfig):
    name = "labelling"
    verbose_name = "Labels et appels à manifestation d’intérêt"

    def ready(self) -> None:
        from labelling import permissions  # noqa: F401 - declares the rights of the app
        from spo_portal.kernel.tenancy.roles import restrict

        # A row is ended, never removed; the published counts come with the reference.
        restrict("labelling_labellisation", web="SELECT, INSERT, UPDATE")
        restrict("labelling_labelcount", web="SELECT")
        # A partnership is ended, never removed.
        restrict("labelling_associatedpartner", web="SELECT, INSERT, UPDATE")
        # A party or a signatory is removed with its trace; a text, a signature, a step stay.
        for table in ("convention", "conventionparty", "conventionsignatory"):
            restrict(f"labelling_{table}", web="SELECT, INSERT, UPDATE")
        for table in ("conventiontext", "conventionsignature", "conventionstep"):
            restrict(f"labelling_{table}", web="SELECT, INSERT")
        # What was said stays said.
        for table in ("amierratum", "amiextension"):
            restrict(f"labelling_{table}", web="SELECT, INSERT")
        for table in ("amistep", "amidecision", "amiletter", "amiquestion", "amicomplement"):
            restrict(f"labelling_{table}", web="SELECT, INSERT, UPDATE")
        # Without its row, a recused scorer would be any reader.
        for table in ("amiassignment", "amiscoresheet"):
            restrict(f"labelling_{table}", web="SELECT, INSERT, UPDATE")
        restrict("labelling_amicoverage", web="SELECT")
        restrict("labelling_amireminder", web="")
        restrict("labelling_labelsharecheck", web="SELECT")
        # Counted by the worker, marked by triggers.
        for table in ("coveragefigures", "coveragechange"):
            restrict(f"labelling_{table}", web="SELECT")
        # An act of the label's procedure stays as it was recorded.
        for table in ("labelstep", "labelavis", "labeldecision", "labelwithdrawalstep"):
            restrict(f"labelling_{table}", web="SELECT, INSERT")
        # Made by the worker, after the act.
        restrict("labelling_labelcertificate", web="SELECT")
        for table in ("labelcomplement", "labelwithdrawal", "labeldossier"):
            restrict(f"labelling_{table}", web="SELECT, INSERT, UPDATE")

        from labelling.services import convening
        from labelling.services.label_standing import label_standings
        from spo_portal.kernel import outbox
        from territories.services import standing

        standing.register(label_standings)
        outbox.subscribe(convening.CONVENED, convening.send_invitations, alone=True)
        self._listen()
        self._work()
        self._menu()

    def _listen(self) -> None:
        """Mails hang on outbox events, one at a time: what leaves the portal can't be undone."""
        from labelling import jobs_convention
        from labelling.services import (
            alerts,  # noqa: F401 - registers the proofs of publicity that are due
            cowriters,
            moves,
            notices,
            partner_answers,
            partners,
            question_mails,
            record_reminders,
            registration,
            reminders,
            share_check,
            todo_records,  # noqa: F401 - registers the records to confirm and to check
            todo_region,  # noqa: F401 - registers what waits for the Region
            todo_shares,  # noqa: F401 - registers who is under 50 %
            todo_writing,  # noqa: F401 - registers what waits for the others
        )
        from labelling.services.convention import events, mails
        from labelling.services.label import moves as label_moves
        from labelling.services.partner import follow
        from spo_portal.kernel.outbox import subscribe

        subscribe(label_moves.MOVED, follow.on_label_moved)
        for kind, handler in (
            *self._label(),
            (moves.MOVED, notices.on_moved),
            (notices.NOTICE, notices.on_notice),
            (partners.INVITED, partner_answers.on_invited),
            (partner_answers.ANSWER, partner_answers.on_answered),
            (cowriters.NAMED, cowriters.on_named),
            (question_mails.ANSWERED, question_mails.on_answered),
            (registration.ASKED, registration.on_asked),
            (registration.SETTLED, registration.on_settled),
            (reminders.REMIND, reminders.on_remind),
            (record_reminders.ASKED, record_reminders.on_asked),
            (share_check.FALLEN, share_check.on_fallen),
            (events.ANSWERED, mails.on_answered),
            (events.LINK_ASKED, mails.on_link_asked),
            (events.NOTICE, mails.on_notice),
            (events.COMPLETED, jobs_convention.on_completed),
        ):
            subscribe(kind, handler, alone=True)

    def _label(self) -> tuple[tuple[str, Any], ...]:
        """Mails and certificates of the label's procedure; what is due and to be done in it."""
        from labelling import jobs_certificates
        from labelling.services.label import (
            deadlines,  # noqa: F401 - registers what the reminders tell
            decision,
            notices,
            partners,
            todo_label,  # noqa: F401 - registers what the procedure waits for
        )

        return (
            (notices.DOSSIER_MOVED, notices.on_moved),
            (notices.DOSSIER_NOTICE, notices.on_notice),
            (notices.WITHDRAWAL_MOVED, notices.on_withdrawal_moved),
            (notices.WITHDRAWAL_NOTICE, notices.on_withdrawal_notice),
            (decision.CERTIFY, jobs_certificates.on_certify),
            (partners.DECIDED, partners.on_decided),
        )

    def _work(self) -> None:
        """Long work asked from a screen."""
        from labelling import jobs_publication
        from spo_portal.kernel import jobs

        jobs.register(
            jobs_publication.PUBLISH, jobs_publication.publish_job, errors=jobs_publication.ERRORS
        )

    def _menu(self) -> None:
        from labelling.permissions import Perm
        from territories.context import add_nav
        from territories.enums import Regime
        from territories.permissions import Perm as AccountPerm

        add_nav(20, "À faire", "ami_a_faire", Perm.OPEN_TODO)
        add_nav(22, "Appels", "ami_appels", Perm.FOLLOW_CALLS)
        add_nav(23, "Dossiers", "ami_mes_dossiers", Perm.KEEP_FILES)
        add_nav(43, "Conventions", "conventions", Perm.READ_CONVENTION, regime=Regime.SPO, group="Labels")
        add_nav(24, "Séances", "ami_seances", Perm.READ_SESSION)
        add_nav(45, "Lieux mutualisés", "ami_lieux", Perm.FOLLOW_PLACES, group="Lieux")
        add_nav(46, "Couverture", "couverture_labels", Perm.READ_LABEL_COVERAGE, group="Labels")
        add_nav(42, "Labels", "label_dossiers", Perm.READ_LABEL_DOSSIER, regime=Regime.SPO, group="Labels")
        add_nav(47, "Partenaires", "partenaires", Perm.READ_PARTNERS, group="Lieux")
        add_nav(65, "Comptes", "ami_equipe", AccountPerm.INVITE_BODY, group="Réglages")
