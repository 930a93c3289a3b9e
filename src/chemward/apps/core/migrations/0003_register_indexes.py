from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_second_factor_demands"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["subject_id"], name="audit_by_subject"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["at", "id", "org_path", "verb", "actor", "subject_type", "subject_id"], name="audit_by_time"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "at", "id", "org_path", "verb", "subject_type"], name="audit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="loginrecord",
            index=models.Index(fields=["at", "id", "org_path", "outcome", "username"], name="login_by_time"),
        ),
        migrations.AddIndex(
            model_name="loginrecord",
            index=models.Index(fields=["username", "at", "id", "org_path", "outcome"], name="login_by_name"),
        ),
        migrations.AddIndex(
            model_name="loginrecord",
            index=models.Index(fields=["outcome", "at", "id", "org_path", "username"], name="login_by_outcome"),
        ),
        migrations.AddIndex(
            model_name="usageday",
            index=models.Index(fields=["day", "id", "org_path", "user"], name="usage_by_day"),
        ),
        migrations.AddIndex(
            model_name="usageday",
            index=models.Index(fields=["active_minutes", "id", "org_path", "day", "user"], name="usage_by_minutes"),
        ),
    ]
