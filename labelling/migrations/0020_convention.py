"""The convention multipartite: its texts, its parties, who signs and what came back (GUIDE p. 15)."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labelling", "0019_associated_partner"),
        ("territories", "0012_site_record_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="Convention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("convention", "Convention"), ("avenant", "Avenant")],
                        max_length=10,
                        verbose_name="nature",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="numéro")),
                ("rank", models.PositiveSmallIntegerField(default=0, verbose_name="numéro d’avenant")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("projet", "En projet"),
                            ("signature", "À la signature"),
                            ("signee", "Signée"),
                            ("remplacee", "Remplacée"),
                            ("abandonnee", "Abandonnée"),
                        ],
                        default="projet",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="titre")),
                (
                    "contact",
                    models.EmailField(
                        blank=True, default="", max_length=254, verbose_name="courriel de la coordination"
                    ),
                ),
                (
                    "draft",
                    models.TextField(blank=True, default="", max_length=60000, verbose_name="texte en cours"),
                ),
                (
                    "draft_version",
                    models.PositiveIntegerField(default=0, verbose_name="numéro d’enregistrement"),
                ),
                ("draft_saved_at", models.DateTimeField(blank=True, null=True, verbose_name="enregistré le")),
                (
                    "draft_saved_by_label",
                    models.CharField(blank=True, default="", max_length=240, verbose_name="enregistré par"),
                ),
                ("text", models.TextField(blank=True, default="", verbose_name="texte présenté")),
                ("text_number", models.PositiveSmallIntegerField(default=0, verbose_name="version du texte")),
                (
                    "sha256",
                    models.CharField(
                        default="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                        max_length=64,
                        verbose_name="empreinte du texte",
                    ),
                ),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="à partir du")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="jusqu’au")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="créée le"
                    ),
                ),
                ("created_by_label", models.CharField(max_length=240, verbose_name="créée par")),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="présentée à la signature le"),
                ),
                (
                    "completed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="signée par tous le"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="abandonnée le")),
                (
                    "closed_reason",
                    models.CharField(blank=True, default="", max_length=600, verbose_name="motif d’abandon"),
                ),
                ("pdf", models.BinaryField(blank=True, null=True, verbose_name="document signé")),
                (
                    "pdf_sha256",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="empreinte du document"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amendments",
                        to="labelling.convention",
                        verbose_name="modifie",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.region",
                        verbose_name="région",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conventions",
                        to="territories.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "convention multipartite",
                "verbose_name_plural": "conventions multipartites",
                "ordering": ["territory_id", "-number", "-rank"],
            },
        ),
        migrations.CreateModel(
            name="ConventionParty",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=160, verbose_name="nom")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="ordre")),
                (
                    "need",
                    models.CharField(
                        choices=[
                            ("un", "Un signataire au moins"),
                            ("deux", "Un élu et un responsable administratif"),
                        ],
                        default="un",
                        max_length=4,
                        verbose_name="signatures demandées",
                    ),
                ),
                (
                    "added_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="ajoutée le"
                    ),
                ),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="retirée le")),
                (
                    "removed_reason",
                    models.CharField(blank=True, default="", max_length=600, verbose_name="motif du retrait"),
                ),
                (
                    "removed_by_label",
                    models.CharField(blank=True, default="", max_length=240, verbose_name="retirée par"),
                ),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parties",
                        to="labelling.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.region",
                        verbose_name="région",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "partie à la convention",
                "verbose_name_plural": "parties à la convention",
                "ordering": ["convention_id", "order", "name"],
            },
        ),
        migrations.CreateModel(
            name="ConventionSignatory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "capacity",
                    models.CharField(
                        choices=[
                            ("elu", "Élu ou représentant légal"),
                            ("administratif", "Responsable administratif"),
                        ],
                        max_length=14,
                        verbose_name="qualité",
                    ),
                ),
                ("function", models.CharField(max_length=160, verbose_name="fonction")),
                ("email", models.EmailField(max_length=254, verbose_name="courriel")),
                ("nonce", models.PositiveIntegerField(default=0, verbose_name="numéro du lien")),
                (
                    "token_hash",
                    models.CharField(
                        blank=True, max_length=64, null=True, unique=True, verbose_name="empreinte du lien"
                    ),
                ),
                ("invited_at", models.DateTimeField(blank=True, null=True, verbose_name="invité le")),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="lien valable jusqu’au"),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="lien ouvert le")),
                (
                    "misdirected_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="lien reçu par quelqu’un d’autre le"
                    ),
                ),
                ("reminders", models.PositiveSmallIntegerField(default=0, verbose_name="rappels envoyés")),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="dernier rappel")),
                (
                    "added_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="ajouté le"
                    ),
                ),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="retiré le")),
                (
                    "removed_reason",
                    models.CharField(blank=True, default="", max_length=600, verbose_name="motif du retrait"),
                ),
                (
                    "removed_by_label",
                    models.CharField(blank=True, default="", max_length=240, verbose_name="retiré par"),
                ),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatories",
                        to="labelling.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatories",
                        to="labelling.conventionparty",
                        verbose_name="partie",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.region",
                        verbose_name="région",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "signataire",
                "verbose_name_plural": "signataires",
                "ordering": ["party_id", "-capacity", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ConventionSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("signe", "Signé"),
                            ("refuse", "Refusé"),
                            ("autre_personne", "Lien reçu par quelqu’un d’autre"),
                        ],
                        max_length=14,
                        verbose_name="réponse",
                    ),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte du texte")),
                ("nonce", models.PositiveIntegerField(verbose_name="numéro du lien")),
                ("name", models.CharField(blank=True, default="", max_length=120, verbose_name="nom")),
                (
                    "function",
                    models.CharField(
                        blank=True, default="", max_length=160, verbose_name="fonction déclarée"
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=600, verbose_name="motif")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="donnée le"
                    ),
                ),
                ("address_hash", models.CharField(max_length=64, verbose_name="empreinte de l’adresse")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatures",
                        to="labelling.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "signatory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatures",
                        to="labelling.conventionsignatory",
                        verbose_name="signataire",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "signature",
                "verbose_name_plural": "signatures",
                "ordering": ["convention_id", "at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ConventionStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=40, verbose_name="acte")),
                ("words", models.CharField(max_length=600, verbose_name="ce qui s’est passé")),
                ("comment", models.CharField(blank=True, default="", max_length=600, verbose_name="motif")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="le"
                    ),
                ),
                ("by_id", models.BigIntegerField(null=True, verbose_name="compte")),
                ("by_label", models.CharField(max_length=240, verbose_name="par")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="labelling.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "étape d’une convention",
                "verbose_name_plural": "étapes des conventions",
                "ordering": ["convention_id", "at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ConventionText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="version")),
                ("text", models.TextField(verbose_name="texte")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                (
                    "parties",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="organisations"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", max_length=600, verbose_name="motif du changement"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="présenté le"
                    ),
                ),
                ("by_label", models.CharField(max_length=240, verbose_name="présenté par")),
                (
                    "convention",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="texts",
                        to="labelling.convention",
                        verbose_name="convention",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="territories.territory",
                        verbose_name="territoire",
                    ),
                ),
            ],
            options={
                "verbose_name": "texte de convention",
                "verbose_name_plural": "textes de convention",
                "ordering": ["convention_id", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.UniqueConstraint(
                fields=("territory", "number", "rank"), name="convention_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["projet", "signature"])),
                fields=("territory",),
                name="convention_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "signee")), fields=("territory",), name="convention_one_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.UniqueConstraint(fields=("id", "territory"), name="convention_id_territory"),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.UniqueConstraint(fields=("id", "region"), name="convention_id_region"),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["projet", "signature", "signee", "remplacee", "abandonnee"])
                ),
                name="convention_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "convention"), ("parent__isnull", True), ("rank", 0)),
                    models.Q(("kind", "avenant"), ("parent__isnull", False), ("rank__gt", 0)),
                    _connector="OR",
                ),
                name="convention_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["signature", "signee", "remplacee"]), _negated=True),
                    models.Q(
                        ("opened_at__isnull", False),
                        ("text_number__gt", 0),
                        models.Q(("text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="convention_shown",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completed_at__isnull", False), ("state__in", ["signee", "remplacee"])),
                    models.Q(
                        ("completed_at__isnull", True), ("state__in", ["projet", "signature", "abandonnee"])
                    ),
                    _connector="OR",
                ),
                name="convention_completed",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", False),
                        ("state", "abandonnee"),
                        models.Q(("closed_reason", ""), _negated=True),
                    ),
                    models.Q(models.Q(("state", "abandonnee"), _negated=True), ("closed_at__isnull", True)),
                    _connector="OR",
                ),
                name="convention_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("pdf__isnull", True), ("pdf_sha256", "")),
                    models.Q(
                        ("completed_at__isnull", False),
                        ("pdf__isnull", False),
                        models.Q(("pdf_sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="convention_pdf",
            ),
        ),
        migrations.AddConstraint(
            model_name="convention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on__isnull", True), ("ends_on__gt", models.F("starts_on")), _connector="OR"
                ),
                name="convention_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionparty",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("convention", "organisation"),
                name="conventionparty_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionparty",
            constraint=models.UniqueConstraint(
                fields=("id", "convention"), name="conventionparty_id_convention"
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionparty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_at__isnull", True),
                    models.Q(("removed_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="conventionparty_removed",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionparty",
            constraint=models.CheckConstraint(
                condition=models.Q(("need__in", ["un", "deux"])), name="conventionparty_need"
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignatory",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity__in", ["elu", "administratif"])),
                name="conventionsignatory_capacity",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignatory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("function", ""), _negated=True), models.Q(("email", ""), _negated=True)
                ),
                name="conventionsignatory_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignatory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("token_hash__isnull", True),
                    models.Q(
                        ("expires_at__isnull", False),
                        ("invited_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="conventionsignatory_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignatory",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_at__isnull", True),
                    models.Q(("removed_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="conventionsignatory_removed",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignatory",
            constraint=models.UniqueConstraint(
                fields=("id", "convention"), name="conventionsignatory_id_convention"
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignature",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", "signe")),
                fields=("signatory", "sha256"),
                name="conventionsignature_signed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignature",
            constraint=models.UniqueConstraint(
                fields=("signatory", "sha256", "nonce"), name="conventionsignature_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer__in", ["signe", "refuse", "autre_personne"])),
                name="conventionsignature_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "signe"), _negated=True),
                    models.Q(
                        models.Q(("name", ""), _negated=True), models.Q(("function", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="conventionsignature_said",
            ),
        ),
        migrations.AddConstraint(
            model_name="conventionsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "refuse"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="conventionsignature_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="conventionstep",
            index=models.Index(fields=["convention", "at"], name="conventionstep_when"),
        ),
        migrations.AddConstraint(
            model_name="conventiontext",
            constraint=models.UniqueConstraint(fields=("convention", "number"), name="conventiontext_number"),
        ),
        migrations.AddConstraint(
            model_name="conventiontext",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", 1), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="conventiontext_reason",
            ),
        ),
    ]
