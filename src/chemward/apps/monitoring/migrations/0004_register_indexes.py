import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_register_indexes'),
        ('monitoring', '0003_both_parties'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='alarmoccurrence',
            name='alarm_open',
        ),
        migrations.RemoveIndex(
            model_name='alarmoccurrence',
            name='alarm_by_time',
        ),
        migrations.RemoveIndex(
            model_name='alarmoccurrence',
            name='alarm_by_priority',
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['org_path', 'priority', 'raised_at', 'is_open'], name='alarm_open'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(fields=['raised_at', 'id', 'org_path', 'is_open', 'is_late', 'priority', 'type', 'outcome'], name='alarm_by_time'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(fields=['priority', 'id', 'org_path', 'is_open', 'is_late', 'raised_at', 'type', 'outcome'], name='alarm_by_priority'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(fields=['outcome', 'raised_at', 'id', 'org_path', 'priority', 'type'], name='alarm_by_outcome'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(fields=['type', 'raised_at', 'id', 'org_path', 'priority', 'outcome'], name='alarm_by_type'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(fields=['org_path', 'raised_at', 'id', 'priority', 'type', 'outcome'], name='alarm_by_place'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(django.db.models.functions.text.Upper('code'), models.F('raised_at'), models.F('id'), name='alarm_by_code'),
        ),
        migrations.AddIndex(
            model_name='alarmoccurrence',
            index=models.Index(condition=models.Q(('is_late', True)), fields=['raised_at', 'id', 'org_path', 'is_late'], name='alarm_late'),
        ),
        migrations.AddIndex(
            model_name='tag',
            index=models.Index(fields=['code', 'id', 'org_path', 'deleted_at', 'kind', 'unit', 'is_enabled', 'feed', 'asset_uuid'], name='tag_by_code'),
        ),
        migrations.AddIndex(
            model_name='tag',
            index=models.Index(fields=['name', 'id', 'org_path', 'deleted_at', 'kind', 'unit', 'is_enabled', 'feed', 'asset_uuid'], name='tag_by_name'),
        ),
        migrations.AddIndex(
            model_name='tag',
            index=models.Index(fields=['unit', 'code', 'id', 'org_path', 'kind'], name='tag_by_unit'),
        ),
        migrations.AddIndex(
            model_name='tag',
            index=models.Index(fields=['kind', 'code', 'id', 'org_path', 'unit'], name='tag_by_kind'),
        ),
    ]
