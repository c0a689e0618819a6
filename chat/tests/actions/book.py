"""What a test wrote into the audit."""

from chat.models import AuditEntry


def written() -> list[AuditEntry]:
    """Oldest first, without the line that every room of the personas begins with: mod's role."""
    ours = AuditEntry.objects.exclude(verb=AuditEntry.Verb.ROLE, person__handle="mod")
    return list(ours.select_related("actor", "room", "person").order_by("pk"))
