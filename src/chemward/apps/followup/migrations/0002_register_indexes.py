from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_register_indexes'),
        ('followup', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(fields=['due_at', 'id', 'org_path', 'state', 'post', 'kind', 'is_late'], name='duty_by_time'),
        ),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(fields=['kind', 'due_at', 'id', 'org_path', 'state', 'post'], name='duty_by_kind'),
        ),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(condition=models.Q(('is_late', True)), fields=['due_at', 'id', 'org_path', 'is_late'], name='duty_late'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['raised_at', 'id', 'org_path', 'state', 'level', 'rule'], name='finding_by_time'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['level', 'id', 'org_path', 'state', 'rule'], name='finding_by_level'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['rule', 'raised_at', 'id', 'org_path', 'state', 'level'], name='finding_by_rule'),
        ),
        migrations.AddIndex(
            model_name='hiddenhazard',
            index=models.Index(fields=['found_at', 'id', 'org_path', 'state', 'level', 'origin', 'is_late'], name='hazard_by_time'),
        ),
        migrations.AddIndex(
            model_name='hiddenhazard',
            index=models.Index(fields=['number', 'id', 'org_path', 'state', 'level', 'origin', 'is_late', 'found_at'], name='hazard_by_number'),
        ),
        migrations.AddIndex(
            model_name='hiddenhazard',
            index=models.Index(fields=['level', 'found_at', 'id', 'org_path', 'state', 'origin'], name='hazard_by_level'),
        ),
        migrations.AddIndex(
            model_name='hiddenhazard',
            index=models.Index(fields=['origin', 'found_at', 'id', 'org_path', 'state', 'level'], name='hazard_by_origin'),
        ),
        migrations.AddIndex(
            model_name='hiddenhazard',
            index=models.Index(condition=models.Q(('is_late', True)), fields=['found_at', 'id', 'org_path', 'is_late'], name='hazard_late'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['user', 'received_at', 'id'], name='receipt_by_time'),
        ),
        migrations.AddIndex(
            model_name='verdict',
            index=models.Index(fields=['valid_from', 'id', 'org_path', 'rule', 'level', 'valid_until'], name='verdict_by_time'),
        ),
        migrations.AddIndex(
            model_name='verdict',
            index=models.Index(fields=['level', 'valid_from', 'id', 'org_path', 'rule', 'valid_until'], name='verdict_by_level'),
        ),
    ]
