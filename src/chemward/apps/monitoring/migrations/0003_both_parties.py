from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0002_history_indexes")]

    operations = [
        *(
            migrations.AddField("alarmkpi", name, models.PositiveIntegerField(title, default=0))
            for name, title in (
                ("enterprise_acked", "Acknowledged by the enterprise"),
                ("answers_due", "Answers due"),
                ("urged", "Urged by the park"),
                ("escalated", "Gone up the line"),
                ("left_alone", "Overdue, neither urged nor gone up"),
            )
        ),
        migrations.AddField(
            "alarmkpi",
            "enterprise_ack_median_s",
            models.FloatField("Median time to acknowledge, enterprise (s)", null=True, blank=True),
        ),
        migrations.AlterField("alarmkpi", "acked", models.PositiveIntegerField("Acknowledged by the park", default=0)),
        migrations.AlterField(
            "alarmkpi", "ack_median_s", models.FloatField("Median time to acknowledge, park (s)", null=True, blank=True)
        ),
    ]
