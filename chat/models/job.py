"""Slow work that outlives its request: one durable queue, worked by every server process in turn."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LEASE = timedelta(seconds=60)  # after this long without a word of progress another process takes the work over


class JobQuerySet(models.QuerySet["Job"]):
    def due(self) -> "JobQuerySet":
        """Waiting, or under way in a process that has not been heard of for a while."""
        now = timezone.now()
        waiting = Q(state=Job.State.WAITING, not_before__lte=now)
        return self.filter(waiting | Q(state=Job.State.RUNNING, leased_until__lt=now)).order_by("id")

    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=(Job.State.WAITING, Job.State.RUNNING))


class Job(models.Model):
    """One piece of work for one person; `done` of `total` steps, `given` what it needs, `result` what came of it."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("Download of one's data")
        ERASE = "erase", _("Deletion of an account")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    given = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = (
            # A second click, or a second tab, finds the work that is under way.
            models.UniqueConstraint(
                fields=["person", "kind"], condition=Q(state__in=("waiting", "running")), name="job_once_at_a_time"
            ),
        )
        indexes = (
            models.Index(fields=["person", "kind", "id"], name="job_of_person"),
            models.Index(fields=["id"], condition=Q(state__in=("waiting", "running")), name="job_unfinished"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
