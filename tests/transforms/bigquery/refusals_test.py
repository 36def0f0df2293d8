"""Errors of Google's client, in words that say what to do."""

import pytest
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from transforms.bigquery.connection import WarehouseUnavailable
from transforms.bigquery.refusals import WarehouseRefused, explained


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            auth.DefaultCredentialsError("none found\nsee the web"),
            r"(none found).*gcloud auth application-default login",
        ),
        (auth.RefreshError("token is too old"), "token is too old.*GOOGLE_APPLICATION_CREDENTIALS"),
        (api.Forbidden("no access to table"), "no access to table.*roles/bigquery.jobUser"),
        (api.Unauthorized("who are you"), "who are you.*roles"),
        (api.NotFound("Not found: Project my-project"), "^shop: Not found: Project my-project$"),
        (api.BadRequest("Unrecognized name: colour"), "Unrecognized name: colour"),
    ],
)
def test_what_asking_again_does_not_mend(error, said):
    with pytest.raises(WarehouseRefused, match=said), explained("shop"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        api.ServiceUnavailable("later"),
        api.TooManyRequests("later"),
        api.Forbidden("later", errors=[{"reason": "rateLimitExceeded"}]),
        api.RetryError("later", None),
        auth.TransportError("later"),
        requests.ConnectionError("later"),
        requests.Timeout("later"),
    ],
)
def test_what_may_pass(error):
    with pytest.raises(WarehouseUnavailable, match=r"^shop: .*later"), explained("shop"):
        raise error


def test_other_errors_are_left_alone():
    with pytest.raises(KeyError), explained():
        raise KeyError("a bug")
