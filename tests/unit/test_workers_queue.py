"""What the queue makes of a job's errors, and under which id a job stands in Redis."""

import asyncio
from collections.abc import Mapping

import pytest
from arq.worker import Function, Retry
from redis.exceptions import ConnectionError as RedisConnectionError

from services.core.errors import MissingProgramError, ReaderLostError, StorageFullError, UnavailableError
from services.core.model import OutboxRow, Reason
from workers.queue import LOST_READERS, JobSpec, back_off, job_id, make_worker


class Job:
    """A job that raises what it is told, and the reasons that were kept."""

    def __init__(self, error: BaseException | None = None, seconds: float = 0) -> None:
        self.error = error
        self.seconds = seconds
        self.reasons: list[Reason] = []

    async def run(self, **_: str) -> None:
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error

    async def failed(self, _: Mapping[str, str], reason: Reason) -> None:
        self.reasons.append(reason)


def _function(job: Job, seconds: float = 5) -> Function:
    spec = JobSpec("work", job.run, job.failed, seconds)
    function = make_worker("unix:///nowhere.sock", "read", "test", [spec], max_jobs=1).functions["work"]
    assert isinstance(function, Function)
    return function


async def _run(job: Job, *, attempt: int = 1, seconds: float = 5) -> None:
    await _function(job, seconds).coroutine({"job_try": attempt}, page_id="p")


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("x"),
        StorageFullError("x"),
        MissingProgramError("x"),
        ReaderLostError("x"),
        RedisConnectionError(),
        BrokenPipeError(),
    ],
)
async def test_what_passes_by_itself_is_tried_again_and_leaves_no_reason(error: Exception) -> None:
    job = Job(error)
    with pytest.raises(Retry):
        await _run(job)
    assert job.reasons == []


async def test_the_hundredth_try_of_an_outage_is_still_followed_by_another() -> None:
    with pytest.raises(Retry) as caught:
        await _run(Job(UnavailableError("x")), attempt=100)
    assert caught.value.defer_score == 10_000


async def test_a_job_at_which_one_reader_after_the_other_is_killed_is_given_up_and_says_so() -> None:
    job = Job(ReaderLostError("x"))
    function = _function(job)
    for attempt in range(1, LOST_READERS):
        with pytest.raises(Retry):
            await function.coroutine({"job_try": attempt}, page_id="p")
    job.error = None
    await function.coroutine({"job_try": LOST_READERS}, page_id="p")  # it went well: they are counted anew
    job.error = ReaderLostError("x")
    for attempt in range(1, LOST_READERS):
        with pytest.raises(Retry):
            await function.coroutine({"job_try": attempt}, page_id="p")
    assert job.reasons == []
    await function.coroutine({"job_try": LOST_READERS}, page_id="p")
    assert [reason.code for reason in job.reasons] == ["reader_lost_often"]


async def test_an_unexpected_error_is_kept_once_with_its_text_and_ends_the_job() -> None:
    job = Job(ZeroDivisionError("by zero"))
    await _run(job)
    assert [reason.code for reason in job.reasons] == ["job_crashed"]
    assert job.reasons[0].params["error"] == "ZeroDivisionError: by zero"


async def test_a_job_that_takes_too_long_is_stopped_and_says_so() -> None:
    job = Job(seconds=30)
    await _run(job, seconds=0.01)
    assert [reason.code for reason in job.reasons] == ["job_timeout"]


async def test_a_timeout_inside_the_job_is_not_taken_for_the_jobs_own() -> None:
    job = Job(TimeoutError("of something else"))
    await _run(job)
    assert [reason.code for reason in job.reasons] == ["job_crashed"]


async def test_a_job_that_is_cancelled_is_neither_failed_nor_swallowed() -> None:
    job = Job(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await _run(job)
    assert job.reasons == []


def test_the_same_row_has_the_same_job_id_and_new_work_on_the_same_page_another() -> None:
    row = OutboxRow(7, "read", "read_page", {"source_id": "s", "page_id": "p"})
    again = OutboxRow(7, "read", "read_page", {"page_id": "p", "source_id": "s"})
    later = OutboxRow(8, "read", "read_page", {"page_id": "p", "source_id": "s"})
    assert job_id(row) == job_id(again) == "read_page:p:s:7"
    assert job_id(later) != job_id(row)


def test_the_back_off_grows_to_ten_seconds_and_stays() -> None:
    assert [back_off(n) for n in (1, 2, 3, 4, 5, 6, 1000)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_no_result_is_kept_and_nothing_but_kills_and_outages_is_tried_again() -> None:
    job = Job()
    worker = make_worker("unix:///nowhere.sock", "read", "t", [JobSpec("work", job.run, job.failed, 60)], max_jobs=1)
    function = worker.functions["work"]
    assert worker.keep_result_s == 0
    assert function.keep_result_s == 0
    assert worker.health_check_interval == 15
    assert worker.max_tries > 100_000
    assert function.timeout_s is not None
    assert function.timeout_s > 60, "arq must not cut off a job before we do: it would drop it without a word"
