import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from chemward.apps.core.register.search import SearchIndex


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("code", models.SlugField(max_length=32, unique=True, verbose_name="Code")),
                ("name", models.CharField(max_length=64, verbose_name="Name")),
                ("url_cipher", models.TextField(editable=False)),
                ("shown_url", models.CharField(editable=False, max_length=200, verbose_name="Address")),
                ("message_classes", models.JSONField(default=list, verbose_name="Classes")),
                ("is_personal", models.BooleanField(default=False, verbose_name="To each receiver")),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "Channel",
                "verbose_name_plural": "Channels",
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("subject_type", models.CharField(blank=True, default="", max_length=64, verbose_name="Subject kind")),
                ("subject_id", models.CharField(blank=True, default="", max_length=40, verbose_name="Subject id")),
                ("subject_label", models.CharField(blank=True, default="", max_length=200, verbose_name="Subject")),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                ("rule", models.CharField(max_length=64, verbose_name="Rule")),
                ("edition", models.CharField(blank=True, default="", max_length=40, verbose_name="Edition")),
                ("clause", models.CharField(blank=True, default="", max_length=120, verbose_name="Clause")),
                ("key", models.CharField(blank=True, default="", max_length=120)),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Level 1"), (2, "Level 2"), (3, "Level 3"), (4, "Level 4")], default=3, verbose_name="Level"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="Finding")),
                ("message", models.TextField(blank=True, default="", verbose_name="What is wrong")),
                ("remedy", models.TextField(blank=True, default="", verbose_name="What to do")),
                ("inputs", models.JSONField(default=list, verbose_name="Inputs")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("noted", "Noted"), ("cleared", "Cleared")],
                        default="open",
                        max_length=8,
                        verbose_name="State",
                    ),
                ),
                ("raised_at", models.DateTimeField(verbose_name="Since")),
                ("refreshed_at", models.DateTimeField(verbose_name="Last confirmed")),
                ("recurrence", models.PositiveIntegerField(default=0, verbose_name="Came back")),
                ("noted_at", models.DateTimeField(blank=True, null=True, verbose_name="Noted at")),
                ("noted_until", models.DateTimeField(blank=True, null=True, verbose_name="Noted until")),
                ("note", models.TextField(blank=True, default="", verbose_name="Note")),
                ("cleared_at", models.DateTimeField(blank=True, null=True, verbose_name="Cleared")),
                ("cleared_why", models.CharField(blank=True, default="", max_length=200, verbose_name="Why cleared")),
                (
                    "noted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "Finding",
                "verbose_name_plural": "Findings",
            },
        ),
        migrations.CreateModel(
            name="HiddenHazard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("subject_type", models.CharField(blank=True, default="", max_length=64, verbose_name="Subject kind")),
                ("subject_id", models.CharField(blank=True, default="", max_length=40, verbose_name="Subject id")),
                ("subject_label", models.CharField(blank=True, default="", max_length=200, verbose_name="Subject")),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                ("number", models.CharField(max_length=32, unique=True, verbose_name="Number")),
                ("title", models.CharField(max_length=200, verbose_name="Hidden hazard")),
                ("description", models.TextField(blank=True, default="", verbose_name="Description")),
                (
                    "level",
                    models.CharField(
                        choices=[("general", "General hidden hazard"), ("major", "Major hidden hazard")],
                        default="general",
                        max_length=8,
                        verbose_name="Level",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("enforcement", "Enforcement"),
                            ("report", "Public report"),
                            ("patrol", "Patrol"),
                            ("expert", "Expert diagnosis"),
                            ("self_check", "Self-check of the enterprise"),
                            ("dual_prevention", "Dual prevention"),
                            ("finding", "Finding of a rule"),
                            ("alarm", "Alarm"),
                            ("snapshot", "Snapshot by staff"),
                        ],
                        default="patrol",
                        max_length=16,
                        verbose_name="Found through",
                    ),
                ),
                ("category", models.CharField(blank=True, default="", max_length=64, verbose_name="Category")),
                ("place", models.CharField(blank=True, default="", max_length=200, verbose_name="Place")),
                ("clause", models.CharField(blank=True, default="", max_length=120, verbose_name="Clause")),
                ("likeness", models.CharField(blank=True, db_index=True, default="", max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("found", "Found"),
                            ("assigned", "To be rectified"),
                            ("submitted", "Waiting for acceptance"),
                            ("returned", "Returned"),
                            ("closed", "Closed"),
                            ("dismissed", "Dismissed"),
                        ],
                        default="found",
                        max_length=10,
                        verbose_name="State",
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="Found")),
                ("measure", models.TextField(blank=True, default="", verbose_name="Measure")),
                (
                    "funds_cny",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="Funds (CNY)"),
                ),
                ("precaution", models.TextField(blank=True, default="", verbose_name="Precautions until then")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="Due")),
                ("first_due_at", models.DateTimeField(blank=True, null=True, verbose_name="First due")),
                ("extension_count", models.PositiveSmallIntegerField(default=0, verbose_name="Extensions")),
                ("evidence", models.TextField(blank=True, default="", verbose_name="Evidence")),
                ("cause", models.TextField(blank=True, default="", verbose_name="Cause")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="Evidence given")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="Closed")),
                ("is_supervised", models.BooleanField(default=False, verbose_name="Supervised by name")),
                ("is_late", models.BooleanField(default=False, verbose_name="Rectified late")),
                ("return_count", models.PositiveSmallIntegerField(default=0, verbose_name="Returned")),
                ("escalation", models.PositiveSmallIntegerField(default=0, verbose_name="Escalation step")),
                ("escalated_at", models.DateTimeField(blank=True, null=True, verbose_name="Escalated")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="hazards",
                        to="followup.finding",
                    ),
                ),
                (
                    "found_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Found by",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.post",
                        verbose_name="Responsible post",
                    ),
                ),
                (
                    "rebound_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="rebounds",
                        to="followup.hiddenhazard",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Hidden hazard",
                "verbose_name_plural": "Hidden hazards",
            },
        ),
        migrations.CreateModel(
            name="HazardStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("verb", models.CharField(max_length=24)),
                ("actor", models.CharField(max_length=64)),
                ("before", models.CharField(blank=True, default="", max_length=10)),
                ("after", models.CharField(max_length=10)),
                ("text", models.TextField(blank=True, default="")),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "hazard",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="followup.hiddenhazard"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="HazardExtension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(verbose_name="New date")),
                ("reason", models.TextField(verbose_name="Reason")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("is_granted", models.BooleanField(null=True)),
                ("answer", models.TextField(blank=True, default="")),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hazard",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="extensions", to="followup.hiddenhazard"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("subject_type", models.CharField(blank=True, default="", max_length=64, verbose_name="Subject kind")),
                ("subject_id", models.CharField(blank=True, default="", max_length=40, verbose_name="Subject id")),
                ("subject_label", models.CharField(blank=True, default="", max_length=200, verbose_name="Subject")),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                (
                    "message_class",
                    models.CharField(
                        choices=[("reminder", "Reminder"), ("warning", "Warning"), ("alarm", "Alarm")],
                        max_length=8,
                        verbose_name="Class",
                    ),
                ),
                ("topic", models.CharField(blank=True, default="", max_length=48, verbose_name="Topic")),
                ("title", models.CharField(max_length=200, verbose_name="Title")),
                ("text", models.TextField(blank=True, default="", verbose_name="Text")),
                ("key", models.CharField(blank=True, max_length=160, null=True, unique=True)),
                ("level", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Level")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To be handled"),
                            ("information", "For information"),
                            ("handled", "Handled"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=12,
                        verbose_name="State",
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="Sent")),
                ("sent_by_name", models.CharField(max_length=120, verbose_name="Sent by")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="Handle by")),
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="Handled")),
                ("is_late", models.BooleanField(default=False, verbose_name="Handled late")),
                ("steps", models.JSONField(default=list)),
                ("step", models.PositiveSmallIntegerField(default=0, verbose_name="Escalation step")),
                ("escalate_at", models.DateTimeField(blank=True, null=True)),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "Message",
                "verbose_name_plural": "Messages",
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Sent"), ("given_up", "Given up")],
                        default="waiting",
                        max_length=8,
                        verbose_name="State",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="Tries")),
                ("try_at", models.DateTimeField(verbose_name="Next try")),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("fault", models.CharField(blank=True, default="", max_length=200, verbose_name="Fault")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="followup.channel"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="followup.message"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MessageRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("topic", models.CharField(max_length=48, verbose_name="Topic")),
                (
                    "message_class",
                    models.CharField(
                        choices=[("reminder", "Reminder"), ("warning", "Warning"), ("alarm", "Alarm")],
                        max_length=8,
                        verbose_name="Class",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("handle_within_s", models.PositiveIntegerField(blank=True, null=True, verbose_name="Handle within (s)")),
                ("steps", models.JSONField(default=list, verbose_name="Steps")),
                ("is_active", models.BooleanField(default=True, verbose_name="Active")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "Message rule",
                "verbose_name_plural": "Message rules",
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(blank=True, default="", max_length=120, verbose_name="Reached through")),
                ("step", models.PositiveSmallIntegerField(default=0)),
                ("is_deputy", models.BooleanField(default=False)),
                ("received_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="Read")),
                ("handled_at", models.DateTimeField(blank=True, null=True, verbose_name="Handled")),
                ("note", models.TextField(blank=True, default="", verbose_name="Note")),
                ("is_quiet", models.BooleanField(default=False)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="receipts", to="followup.message"
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="core.post"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="receipts", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "Receipt",
            },
        ),
        migrations.CreateModel(
            name="Restriction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("subject_type", models.CharField(blank=True, default="", max_length=64, verbose_name="Subject kind")),
                ("subject_id", models.CharField(blank=True, default="", max_length=40, verbose_name="Subject id")),
                ("subject_label", models.CharField(blank=True, default="", max_length=200, verbose_name="Subject")),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                ("verbs", models.JSONField(default=list, verbose_name="May not")),
                ("title", models.CharField(max_length=200, verbose_name="Restriction")),
                ("reason", models.TextField(verbose_name="Reason")),
                ("clause", models.CharField(blank=True, default="", max_length=120, verbose_name="Clause")),
                ("key", models.CharField(blank=True, max_length=160, null=True, unique=True)),
                ("is_inherited", models.BooleanField(default=True, verbose_name="Holds for everything below")),
                ("authority_path", models.CharField(editable=False, max_length=120)),
                ("imposed_by_name", models.CharField(max_length=120, verbose_name="Imposed by")),
                ("valid_from", models.DateTimeField(verbose_name="From")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="Until")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="Lifted")),
                ("lifted_why", models.TextField(blank=True, default="", verbose_name="Why lifted")),
                (
                    "imposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Imposed by",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "Restriction",
                "verbose_name_plural": "Restrictions",
            },
        ),
        migrations.CreateModel(
            name="Exemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("verbs", models.JSONField(default=list, verbose_name="May")),
                ("reason", models.TextField(verbose_name="Reason")),
                ("valid_from", models.DateTimeField(verbose_name="From")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="Until")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="Revoked")),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
                (
                    "restriction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exemptions", to="followup.restriction"
                    ),
                ),
            ],
            options={
                "verbose_name": "Exemption",
                "verbose_name_plural": "Exemptions",
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("subject_type", models.CharField(blank=True, default="", max_length=64, verbose_name="Subject kind")),
                ("subject_id", models.CharField(blank=True, default="", max_length=40, verbose_name="Subject id")),
                ("subject_label", models.CharField(blank=True, default="", max_length=200, verbose_name="Subject")),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                ("rule", models.CharField(max_length=64, verbose_name="Rule")),
                ("edition", models.CharField(max_length=40, verbose_name="Edition")),
                ("clause", models.CharField(blank=True, default="", max_length=120, verbose_name="Clause")),
                ("code", models.CharField(max_length=40, verbose_name="Result")),
                ("label", models.CharField(max_length=120, verbose_name="Result in words")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[(1, "Level 1"), (2, "Level 2"), (3, "Level 3"), (4, "Level 4")],
                        null=True,
                        verbose_name="Level",
                    ),
                ),
                (
                    "colour",
                    models.CharField(
                        blank=True,
                        choices=[("red", "Red"), ("orange", "Orange"), ("yellow", "Yellow"), ("blue", "Blue")],
                        default="",
                        max_length=8,
                        verbose_name="Colour",
                    ),
                ),
                ("value", models.FloatField(blank=True, null=True, verbose_name="Value")),
                ("unit", models.CharField(blank=True, default="", max_length=24, verbose_name="Unit")),
                ("inputs", models.JSONField(default=list, verbose_name="Inputs")),
                ("steps", models.JSONField(default=list, verbose_name="Formula")),
                ("scale", models.JSONField(default=list, verbose_name="Scale")),
                ("what_if", models.JSONField(default=list, verbose_name="What would change it")),
                ("formula", models.TextField(blank=True, default="", verbose_name="Formula")),
                ("computed_at", models.DateTimeField(verbose_name="Computed")),
                ("checked_at", models.DateTimeField(verbose_name="Last confirmed")),
                ("valid_from", models.DateTimeField(verbose_name="Valid from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="Valid until")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="followup.verdict",
                    ),
                ),
            ],
            options={
                "verbose_name": "Verdict",
                "verbose_name_plural": "Verdicts",
            },
        ),
        migrations.AddField(
            model_name="restriction",
            name="verdict",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="restrictions",
                to="followup.verdict",
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="verdict",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="findings",
                to="followup.verdict",
            ),
        ),
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="Public id")),
                (
                    "external_key",
                    models.CharField(blank=True, db_index=True, default="", max_length=128, verbose_name="External key"),
                ),
                ("origin_feed", models.CharField(blank=True, default="", max_length=16, verbose_name="Origin feed")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("hand", "By hand"),
                            ("feed", "Feed"),
                            ("api", "API"),
                            ("excel", "Excel"),
                            ("platform", "Platform"),
                            ("demo", "Demo"),
                        ],
                        default="hand",
                        max_length=10,
                        verbose_name="Source",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="Version")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="Created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="Changed")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="Removed")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120, verbose_name="Organisation path")),
                ("subject_type", models.CharField(blank=True, default="", max_length=64, verbose_name="Subject kind")),
                ("subject_id", models.CharField(blank=True, default="", max_length=40, verbose_name="Subject id")),
                ("subject_label", models.CharField(blank=True, default="", max_length=200, verbose_name="Subject")),
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                ("kind", models.CharField(blank=True, default="", max_length=48, verbose_name="Kind")),
                ("title", models.CharField(max_length=200, verbose_name="Duty")),
                ("text", models.TextField(blank=True, default="", verbose_name="What is to be done")),
                ("clause", models.CharField(blank=True, default="", max_length=120, verbose_name="Clause")),
                ("key", models.CharField(blank=True, max_length=160, null=True, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("owed", "Owed"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="owed",
                        max_length=10,
                        verbose_name="State",
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="Level")),
                (
                    "proof_needed",
                    models.CharField(
                        choices=[("none", "No proof"), ("text", "A written account"), ("file", "A file or photo")],
                        default="none",
                        max_length=8,
                        verbose_name="Proof",
                    ),
                ),
                ("assigned_at", models.DateTimeField(verbose_name="Assigned")),
                ("due_at", models.DateTimeField(verbose_name="Due")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="Done at")),
                ("is_by_deputy", models.BooleanField(default=False, verbose_name="Done by a deputy")),
                ("proof", models.TextField(blank=True, default="", verbose_name="Account")),
                ("is_late", models.BooleanField(default=False, verbose_name="Done late")),
                ("cancelled_why", models.CharField(blank=True, default="", max_length=200, verbose_name="Why cancelled")),
                ("escalation", models.PositiveSmallIntegerField(default=0, verbose_name="Escalation step")),
                ("escalate_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assigned_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "escalated_to",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.post"
                    ),
                ),
                (
                    "handed_from",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.post"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.organisation",
                        verbose_name="Organisation",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="duties", to="core.post", verbose_name="Owed by"
                    ),
                ),
            ],
            options={
                "verbose_name": "Duty",
                "verbose_name_plural": "Duties",
                "indexes": [
                    models.Index(fields=["state", "due_at"], name="duty_due"),
                    models.Index(fields=["post", "state", "due_at"], name="duty_post"),
                    models.Index(condition=models.Q(("state", "owed")), fields=["escalate_at"], name="duty_escalate"),
                    models.Index(fields=["subject_type", "subject_id"], name="duty_subject"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="hiddenhazard",
            index=models.Index(fields=["state", "due_at"], name="hazard_due"),
        ),
        migrations.AddIndex(
            model_name="hiddenhazard",
            index=models.Index(fields=["subject_type", "subject_id"], name="hazard_subject"),
        ),
        migrations.AddConstraint(
            model_name="hazardextension",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at", None)), fields=("hazard",), name="one_open_extension"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["state", "-sent_at"], name="message_state"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "open")), fields=["escalate_at"], name="message_escalate"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["subject_type", "subject_id"], name="message_subject"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "try_at"], name="delivery_queue"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("message", "channel", "user"), name="one_delivery_to_person"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user", None)), fields=("message", "channel"), name="one_delivery_to_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="messagerule",
            constraint=models.UniqueConstraint(fields=("organisation", "topic", "message_class"), name="one_message_rule"),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["user", "read_at", "-received_at"], name="receipt_user"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(fields=("message", "user"), name="one_receipt"),
        ),
        migrations.AddIndex(
            model_name="verdict",
            index=models.Index(fields=["subject_type", "subject_id", "rule", "-valid_from"], name="verdict_history"),
        ),
        migrations.AddIndex(
            model_name="verdict",
            index=models.Index(fields=["rule", "level", "org_path"], name="verdict_by_rule"),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_until", None)),
                fields=("rule", "subject_type", "subject_id"),
                name="one_verdict_in_force",
            ),
        ),
        migrations.AddIndex(
            model_name="restriction",
            index=models.Index(
                condition=models.Q(("lifted_at", None)), fields=["org_path", "valid_from"], name="restriction_path"
            ),
        ),
        migrations.AddIndex(
            model_name="restriction",
            index=models.Index(fields=["subject_type", "subject_id"], name="restriction_subject"),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["state", "level", "org_path"], name="finding_state"),
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["subject_type", "subject_id"], name="finding_subject"),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "cleared"), _negated=True),
                fields=("rule", "subject_type", "subject_id", "key"),
                name="one_open_finding",
            ),
        ),
        SearchIndex("followup_finding"),
        SearchIndex("followup_hiddenhazard"),
        SearchIndex("followup_duty"),
        SearchIndex("followup_message"),
        SearchIndex("followup_verdict"),
        SearchIndex("followup_restriction"),
    ]
