"""What the dispatcher decides without a queue: which jobs rows become, and when something is due."""

from services.core.model import OutboxRow
from workers.dispatch import Every, _jobs_of


def test_reading_rows_become_one_job_each_in_the_order_of_the_outbox() -> None:
    rows = [OutboxRow(number, "read", "read_page", {"page_id": str(number)}) for number in (9, 3, 5)]
    assert _jobs_of(rows) == [(rows[0], [9]), (rows[1], [3]), (rows[2], [5])]


def test_index_rows_become_one_job_that_covers_them_all_under_the_number_of_the_newest() -> None:
    rows = [OutboxRow(number, "index", "index", {"document_id": str(number)}) for number in (9, 3, 5)]
    assert _jobs_of(rows) == [(rows[0], [3, 5, 9])]


def test_no_rows_become_no_job() -> None:
    assert _jobs_of([]) == []


def test_something_is_due_at_once_and_then_every_few_seconds() -> None:
    now = 100.0
    every = Every(10, clock=lambda: now)
    assert every.due()
    now = 109.0
    assert not every.due()
    now = 110.0
    assert every.due()
    assert not every.due()
