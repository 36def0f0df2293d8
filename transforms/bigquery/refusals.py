"""What BigQuery says when it is not let in, in words that say what to do."""

import contextlib
from collections.abc import Iterator

from google.api_core import exceptions as api
from google.auth import exceptions as auth
from requests import exceptions as http

from transforms.bigquery.connection import WarehouseUnavailable

__all__ = ["WarehouseRefused", "explained"]

# https://cloud.google.com/bigquery/docs/error-messages: these come as 403, too, and pass
_QUOTA = ("rateLimitExceeded", "quotaExceeded", "jobRateLimitExceeded")


class WarehouseRefused(Exception):
    """Asking again will not help: no credentials, no permission, no such project; the text says what to do."""


@contextlib.contextmanager
def explained(what: str = "BigQuery") -> Iterator[None]:
    """Turns the errors of Google's client into WarehouseRefused and WarehouseUnavailable.

    Args:
      what: was asked for; the text begins with it.
    """
    try:
        yield
    except auth.TransportError as error:
        raise WarehouseUnavailable(f"{what}: {_first_line(error)}") from error
    except auth.GoogleAuthError as error:
        raise WarehouseRefused(
            f"{what}: no credentials that work ({_first_line(error)}). Run `gcloud auth application-default login`, "
            "or let GOOGLE_APPLICATION_CREDENTIALS name a key file; on Google Cloud give the machine a service account"
        ) from error
    except api.RetryError as error:
        raise WarehouseUnavailable(f"{what}: {_first_line(error)}") from error
    except api.GoogleAPICallError as error:
        raise _of_an_answer(what, error) from error
    except (http.ConnectionError, http.Timeout) as error:
        raise WarehouseUnavailable(f"{what}: it cannot be reached: {_first_line(error)}") from error


def _of_an_answer(what: str, error: api.GoogleAPICallError) -> Exception:
    said = f"{what}: {error.message}"
    reasons = {str(one.get("reason")) for one in error.errors if isinstance(one, dict)}
    if isinstance(error, api.ServerError | api.TooManyRequests) or reasons & set(_QUOTA):
        return WarehouseUnavailable(said)
    if isinstance(error, api.Forbidden | api.Unauthorized):
        return WarehouseRefused(
            f"{said}. Needed are the roles BigQuery Data Editor (on the project, or on the dataset if it is there) and "
            "BigQuery Job User (on the project): gcloud projects add-iam-policy-binding PROJECT --member=user:YOU "
            "--role=roles/bigquery.dataEditor, and the same with roles/bigquery.jobUser"
        )
    return WarehouseRefused(said)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].removesuffix(".")
