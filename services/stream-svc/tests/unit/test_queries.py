"""The documented parameters and the table of filters agree."""

from stream_svc.domain.filters import FILTERS
from stream_svc.http.queries import FilterQuery


def test_every_filter_is_a_query_parameter_and_the_other_way_round() -> None:
    assert set(FilterQuery.model_fields) == set(FILTERS)
