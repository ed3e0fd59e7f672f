"""How far an import is said to be, and what is said when that is not known."""

from import_svc.domain.progress import Progress, progress_of


def test_rate_and_time_left_are_those_of_the_process_that_runs_it_now() -> None:
    progress = progress_of(
        bytes_done=600, bytes_total=1_000, rate_bytes=200, rate_rows=50, rate_seconds=5.0
    )
    assert progress == Progress(
        bytes_done=600, bytes_total=1_000, rows_per_second=10.0, seconds_left=10.0
    )


def test_without_a_second_chunk_no_rate_is_known() -> None:
    for seconds in (None, 0.0, 3.0):
        progress = progress_of(
            bytes_done=100, bytes_total=1_000, rate_bytes=0, rate_rows=0, rate_seconds=seconds
        )
        assert (progress.rows_per_second, progress.seconds_left) == (None, None)


def test_while_the_body_still_comes_the_time_left_is_not_known() -> None:
    progress = progress_of(
        bytes_done=100, bytes_total=None, rate_bytes=50, rate_rows=5, rate_seconds=1.0
    )
    assert (progress.rows_per_second, progress.seconds_left) == (5.0, None)
