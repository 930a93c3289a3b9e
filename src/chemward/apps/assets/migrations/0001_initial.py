import uuid

import django.db.models.deletion
from django.db import migrations, models

from chemward.apps.core.register.search import SearchIndex


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Asset",
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
                ("search_text", models.TextField(blank=True, default="", editable=False)),
                ("search_grams", models.TextField(blank=True, default="", editable=False)),
                ("kind", models.CharField(max_length=20, verbose_name="Kind")),
                ("subkind", models.CharField(blank=True, default="", max_length=24, verbose_name="Type")),
                ("tree_path", models.CharField(default="", editable=False, max_length=160)),
                ("code", models.CharField(max_length=64, verbose_name="Code")),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("geometry_text", models.TextField(blank=True, default="", editable=False)),
                ("min_lon", models.FloatField(editable=False, null=True)),
                ("min_lat", models.FloatField(editable=False, null=True)),
                ("max_lon", models.FloatField(editable=False, null=True)),
                ("max_lat", models.FloatField(editable=False, null=True)),
                ("lon", models.FloatField(editable=False, null=True, verbose_name="Longitude")),
                ("lat", models.FloatField(editable=False, null=True, verbose_name="Latitude")),
                ("properties", models.JSONField(blank=True, default=dict, verbose_name="Properties")),
                ("guidance", models.TextField(blank=True, default="", verbose_name="Guidance")),
                ("valid_from", models.DateTimeField(verbose_name="Valid from")),
                ("valid_until", models.DateTimeField(blank=True, null=True, verbose_name="Valid until")),
                ("since", models.DateTimeField(editable=False)),
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
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="assets.asset",
                        verbose_name="Belongs to",
                    ),
                ),
            ],
            options={
                "verbose_name": "Asset",
                "verbose_name_plural": "Assets",
            },
        ),
        migrations.CreateModel(
            name="AssetPast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("state", models.JSONField(default=dict)),
                ("asset", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="past", to="assets.asset")),
            ],
            options={
                "ordering": ("-valid_from", "-id"),
            },
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["kind", "min_lon", "max_lon"], name="asset_box"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["kind", "org_path"], name="asset_kind_path"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["tree_path"], name="asset_tree"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["code", "id"], name="asset_code"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["name", "id"], name="asset_name"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["updated_at", "id"], name="asset_changed"),
        ),
        migrations.AddConstraint(
            model_name="asset",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None), ("valid_until", None)),
                fields=("organisation", "code"),
                name="one_living_asset_code",
            ),
        ),
        migrations.AddIndex(
            model_name="assetpast",
            index=models.Index(fields=["asset", "valid_from", "valid_until"], name="asset_past"),
        ),
        SearchIndex("assets_asset"),
    ]
