from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]

    operations = [
        migrations.AddIndex("alarmoccurrence", models.Index(fields=["priority", "id"], name="alarm_by_priority")),
    ]
