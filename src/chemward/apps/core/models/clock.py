"""What runs on the clock, where the recorder stands, who is alive."""

from __future__ import annotations

from django.db import models


class ClockRun(models.Model):
    """Last run of a clock job: its name is the natural key, so a job runs once per period whoever asks."""

    name = models.CharField(max_length=64, unique=True)
    period_s = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    took_ms = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(default="", blank=True)


class BusPosition(models.Model):
    """Up to which sequence of a stream the database holds everything."""

    stream = models.CharField(max_length=32, unique=True)
    sequence = models.PositiveBigIntegerField(default=0)


class ProcessBeat(models.Model):
    """Last sign of life of a process, written by the recorder now and then for the system page when the bus is away."""

    name = models.CharField(max_length=48)
    pid = models.PositiveIntegerField()
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("name", "pid"), name="one_beat")]


class DeadLetter(models.Model):
    """An event that a listener could not take: kept whole, shown on the system page, tried again by hand."""

    stream = models.CharField(max_length=32)
    sequence = models.PositiveBigIntegerField()
    subject = models.CharField(max_length=160)
    body = models.JSONField()
    error = models.TextField()
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("stream", "sequence"), name="one_dead_letter")]
