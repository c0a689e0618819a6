"""The rules of rooms in plain Python: what each action answers and changes, with dicts for tables."""

from dataclasses import dataclass, field

RANK = {"member": 0, "moderator": 1, "owner": 2}


class Refused(Exception):
    """`code` as on the wire."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Member:
    seq: int
    role: str = "member"
    state: str = "in"
    last_read: int = 0


@dataclass
class Said:
    """`gone`: "" in sight, "hidden" by a moderator, "deleted" by its author, who has the last word."""

    id: int
    seq: int
    author: str
    client_id: str
    body: str
    named: frozenset[str]
    is_edited: bool = False
    gone: str = ""


@dataclass
class PlainRoom:
    """Every verb answers with a seq, or with what it made; raises Refused."""

    kind: str
    owner: str
    name: str = "Room"
    seq: int = 1
    header_seq: int = 1
    members: dict[str, Member] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    restrictions: dict[tuple[str, str], str] = field(default_factory=dict)  # ("mute" or "ban", person) -> by whom

    def __post_init__(self) -> None:
        self.members[self.owner] = Member(1, "owner")

    # --- Who may

    def rank(self, person: str) -> int:
        member = self.members.get(person)
        return RANK[member.role] if member is not None and member.state == "in" else -1

    def require(self, actor: str, rank: int) -> None:
        """A stranger does not learn of a private room; a guest of a public one hears no."""
        if self.rank(actor) < rank:
            raise Refused("forbidden" if self.kind == "public" or self.rank(actor) >= 0 else "not_found")

    def require_sight(self, actor: str) -> None:
        if self.kind != "public" and self.rank(actor) < 0:
            raise Refused("not_found")

    def number(self) -> int:
        self.seq += 1
        return self.seq

    # --- Words

    def find_post(self, actor: str, client_id: str, body: str) -> Said | None:
        """The message that a resend means; None: a new one is due, and allowed."""
        self.require(actor, 0)
        for said in self.said:
            if (said.author, said.client_id) == (actor, client_id):
                if said.body != body and not said.is_edited and not said.gone:
                    raise Refused("conflict")
                return said
        self.require_voice(actor)
        return None

    def require_voice(self, actor: str) -> None:
        if ("mute", actor) in self.restrictions:
            raise Refused("forbidden")

    def post(self, place: int, actor: str, client_id: str, body: str) -> Said:
        named = frozenset(person for person in self.members if f"@{person}" in body and self.rank(person) >= 0)
        said = Said(place, self.number(), actor, client_id, body, named)
        self.said.append(said)
        return said

    def edit(self, actor: str, said: Said, body: str) -> int:
        self.require(actor, 0)
        if said.gone:
            raise Refused("not_found")
        if said.author != actor:
            raise Refused("forbidden")
        if said.body != body:
            self.require_voice(actor)
            said.body, said.is_edited, said.seq = body, True, self.number()
        return said.seq

    def delete(self, actor: str, said: Said) -> int:
        self.require(actor, 0 if said.author == actor else 1)
        if said.gone and said.author == actor:
            said.gone = "deleted"
        return self._take_away(actor, said)

    def hide(self, actor: str, said: Said) -> int:
        self.require(actor, 1)
        return self._take_away(actor, said)

    def _take_away(self, actor: str, said: Said) -> int:
        if not said.gone:
            said.gone, said.seq = "deleted" if said.author == actor else "hidden", self.number()
        return said.seq

    def restore(self, actor: str, said: Said) -> int:
        self.require(actor, 1)
        if said.gone == "deleted":
            raise Refused("conflict")
        if said.gone:
            said.gone, said.seq = "", self.number()
        return said.seq

    # --- People

    def join(self, actor: str) -> int:
        self.require_sight(actor)
        return self._enter(actor)

    def add(self, actor: str, person: str) -> int:
        self.require(actor, 1)
        return self._enter(person)

    def _enter(self, person: str) -> int:
        if self.rank(person) < 0:
            if ("ban", person) in self.restrictions:
                raise Refused("forbidden")
            self.members[person] = Member(self.number(), last_read=self.said[-1].id if self.said else 0)
        return self.members[person].seq

    def leave(self, actor: str) -> int:
        self.require_sight(actor)
        if actor not in self.members:
            raise Refused("forbidden")
        return self._go(actor, "left")

    def remove(self, actor: str, person: str) -> int:
        self.require(actor, 1)
        if person not in self.members:
            raise Refused("not_found")
        if self.rank(person) >= 0:
            self.require_power(actor, person)
        return self._go(person, "removed")

    def require_power(self, actor: str, person: str) -> None:
        """Over those of a lower rank; an owner over everybody else."""
        is_above = self.rank(actor) > self.rank(person) or self.rank(actor) == 2
        if actor == person or not is_above:
            raise Refused("forbidden")

    def _go(self, person: str, state: str) -> int:
        member = self.members[person]
        if member.state == "in":
            self._require_another_owner(person)
            member.state, member.seq = state, self.number()
        return member.seq

    def _require_another_owner(self, person: str) -> None:
        if self.rank(person) == 2 and sum(self.rank(each) == 2 for each in self.members) == 1:
            raise Refused("conflict")

    def set_role(self, actor: str, person: str, role: str) -> int:
        self.require(actor, 2)
        if self.rank(person) < 0:
            raise Refused("not_found")
        member = self.members[person]
        if member.role != role:
            self._require_another_owner(person)
            member.role, member.seq = role, self.number()
        return member.seq

    def mark_read(self, actor: str, place: int, back: bool) -> int:
        self.require(actor, 0)
        member = self.members[actor]
        member.last_read = place if back else max(member.last_read, place)
        return member.last_read

    # --- Order

    def restrict(self, kind: str, actor: str, person: str) -> None:
        self.require(actor, 1)
        self.require_power(actor, person)
        if kind == "ban" and person in self.members:
            self._go(person, "removed")
        self.restrictions[kind, person] = actor

    def lift(self, actor: str, kind: str, person: str) -> None:
        self.require_sight(actor)
        if actor == person:
            raise Refused("forbidden")
        self.require(actor, 1)
        self.restrictions.pop((kind, person), None)

    def rename(self, actor: str, name: str) -> int:
        self.require(actor, 1)
        if self.name != name:
            self.name, self.header_seq = name, self.number()
        return self.seq

    # --- What readers get

    def counts(self, person: str) -> tuple[int, int, int, int]:
        """(seq, last_read, unread, mentions)."""
        last_read = self.members[person].last_read
        unread = [said for said in self.said if said.id > last_read and said.author != person]
        return self.seq, last_read, len(unread), sum(person in said.named for said in unread)
