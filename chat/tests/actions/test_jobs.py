"""The queue: each job is done by one worker at a time, again when that one fails or dies, and not for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.utils import timezone

from accounts.models import User
from chat import jobs, worker
from chat.actions import jobs as queue
from chat.models import Job

pytestmark = pytest.mark.django_db

EXPORT, ERASE = Job.Kind.EXPORT, Job.Kind.ERASE


def later(**changes: Any) -> None:
    """As if the waiting time were over."""
    Job.objects.filter(state=Job.State.WAITING).update(not_before=timezone.now(), **changes)


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """What the jobs of the test do."""
    return lambda run: monkeypatch.setattr(jobs, "tasks", lambda: {EXPORT: run, ERASE: run})


def test_it_is_done_once(bob: User, task: Any) -> None:
    task(lambda work: {"made": work.job.pk})
    job = queue.enqueue(EXPORT, person=bob, wish="all")
    assert jobs.work_off() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.given, job.attempts) == ("done", {"made": job.pk}, {"wish": "all"}, 1)
    assert job.ended_at is not None
    assert jobs.work_off() == 0


def test_the_oldest_first_and_one_of_a_kind_at_a_time(bob: User, alice: User) -> None:
    first, second = queue.enqueue(EXPORT, person=bob), queue.enqueue(EXPORT, person=alice)
    assert queue.enqueue(EXPORT, person=bob) == first
    assert [queue.claim_job(), queue.claim_job(), queue.claim_job()] == [first, second, None]


def test_what_fails_is_tried_three_times_each_later(bob: User, task: Any) -> None:
    task(lambda work: 1 / 0)
    job = queue.enqueue(EXPORT, person=bob)
    waits = []
    for _attempt in range(3):
        asked = timezone.now()
        assert jobs.work_once()
        job.refresh_from_db()
        waits.append(round((job.not_before - asked).total_seconds()))
        assert not jobs.work_once(), "not at once again"
        later()
    assert (job.state, job.attempts, waits[:2]) == ("failed", 3, [30, 60])
    assert jobs.work_off() == 0


def test_a_promise_is_kept_trying(bob: User, task: Any) -> None:
    task(lambda work: 1 / 0)
    job = queue.enqueue(ERASE, person=bob)
    for _attempt in range(10):
        assert jobs.work_once()
        later()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 10)
    assert job.not_before < timezone.now() + queue.LONGEST_RETRY


def test_work_of_a_dead_process_is_taken_over(bob: User) -> None:
    queue.enqueue(EXPORT, person=bob)
    lost = queue.claim_job()
    assert lost is not None
    assert queue.claim_job() is None, "the premise: it is leased"
    now = timezone.now() - timedelta(seconds=1)
    Job.objects.update(leased_until=now)
    taken = queue.claim_job()
    assert taken is not None
    assert (taken.pk, taken.attempts) == (lost.pk, 2)
    for word in (lambda: queue.go_on(lost, done=1), lambda: queue.finish_job(lost), lambda: queue.fail_job(lost)):
        with pytest.raises(queue.Lost):
            word()
    queue.finish_job(taken, file="x")
    assert Job.objects.get().result == {"file": "x"}


def test_progress_holds_the_lease(bob: User) -> None:
    queue.enqueue(EXPORT, person=bob)
    job = queue.claim_job()
    assert job is not None
    before = job.leased_until
    queue.go_on(job, done=3)
    assert before is not None
    assert job.leased_until is not None
    assert job.leased_until > before
    assert Job.objects.get().done == 3


def test_progress_is_not_written_at_every_step(bob: User, task: Any) -> None:
    seen = []

    def run(work: jobs.Work) -> dict[str, Any]:
        for done in range(1, 9):
            work.step(done=done)
            seen.append(Job.objects.get().done)
        return {}

    task(run)
    queue.enqueue(EXPORT, person=bob)
    jobs.work_off()
    assert set(seen) == {1}


def test_a_process_that_ends_lays_its_work_down(bob: User, task: Any) -> None:
    stop = threading.Event()

    def run(work: jobs.Work) -> dict[str, Any]:
        work.step(done=1, keep={"after": 7})
        stop.set()
        work.step(done=2)
        raise AssertionError("the step did not stop")

    task(run)
    queue.enqueue(EXPORT, person=bob)
    assert jobs.work_once(stop)
    job = Job.objects.get()
    assert (job.state, job.attempts, job.done, job.result) == ("waiting", 0, 1, {"after": 7})
    assert queue.claim_job() == job, "at once"


def test_a_job_that_is_taken_away_ends_without_a_word(bob: User, task: Any) -> None:
    def run(work: jobs.Work) -> dict[str, Any]:
        queue.forget_jobs([work.job.pk])
        work.step(done=1)
        raise AssertionError("the step did not end")

    task(run)
    queue.enqueue(EXPORT, person=bob)
    assert jobs.work_off() == 1
    assert not Job.objects.exists()


def test_rows_of_long_ago_go(bob: User, alice: User) -> None:
    old, young = queue.enqueue(ERASE, person=bob), queue.enqueue(ERASE, person=alice)
    Job.objects.update(state="done", ended_at=timezone.now())
    Job.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=31))
    queue.forget_old_jobs()
    assert list(Job.objects.all()) == [young]


class TestWorker:
    def test_it_sweeps_once_an_hour_for_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        swept: list[str] = []

        def breaks() -> None:
            swept.append("breaks")
            raise DatabaseError

        monkeypatch.setattr(worker, "SWEEPS", (breaks, lambda: swept.append("works")))
        for _process in range(3):
            worker.sweep_all()
        assert swept == ["breaks", "works"]

    def test_trouble_with_the_database_is_waited_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def down(stop: threading.Event) -> bool:
            raise DatabaseError

        monkeypatch.setattr(worker, "work_once", down)
        monkeypatch.setattr(worker, "give_back", lambda: None)
        assert worker.Worker()._round() == worker.AFTER_TROUBLE


@pytest.mark.django_db(transaction=True)
class TestThreads:
    def test_many_workers_share_the_jobs(self, make_person: Callable[..., User]) -> None:
        for number in range(8):
            queue.enqueue(EXPORT, person=make_person(f"person{number}"))
        gate = threading.Barrier(4)

        def work() -> list[int]:
            gate.wait(20)
            taken = []
            try:
                for _turn in range(4):
                    job = queue.claim_job()
                    taken += [job.pk] if job else []
            finally:
                connections.close_all()
            return taken

        with ThreadPoolExecutor(4) as pool:
            working = [pool.submit(work) for _ in range(4)]
        taken = sorted(pk for found in working for pk in found.result())
        assert taken == sorted(Job.objects.values_list("pk", flat=True))

    def test_the_thread_finds_what_is_asked_for(self, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        done = threading.Event()

        def run(work: jobs.Work) -> dict[str, Any]:
            done.set()
            return {}

        monkeypatch.setattr(jobs, "tasks", lambda: {EXPORT: run})
        monkeypatch.setattr(worker, "LOOK", 60.0)
        monkeypatch.setattr(worker, "give_back", connections.close_all)
        with worker.Worker().at_work():
            queue.enqueue(EXPORT, person=bob)
            assert done.wait(10), "the word of this process, long before the next look"
