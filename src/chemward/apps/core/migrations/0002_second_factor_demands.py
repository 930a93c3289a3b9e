import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SecondFactorDemand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=32, verbose_name="Role")),
                ("org_path", models.CharField(db_index=True, editable=False, max_length=120)),
                ("demanded_at", models.DateTimeField(verbose_name="Since")),
                ("set_for", models.JSONField(default=list)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.organisation"),
                ),
            ],
            options={
                "verbose_name": "Second factor of a role",
                "constraints": [models.UniqueConstraint(fields=("organisation", "role"), name="one_second_factor_demand")],
            },
        ),
    ]
