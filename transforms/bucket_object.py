"""Writes an object of Cloud Storage that nobody has written before: of two that try at the same time, one does."""

from apache_beam.io.gcp.gcsio import GcsIO, parse_gcs_path
from google.api_core.exceptions import GoogleAPIError, PreconditionFailed
from google.auth.exceptions import GoogleAuthError
from requests import RequestException

__all__ = ["create_object"]

_NOT_THERE = 0
"""The generation of an object that there is not."""


def create_object(path: str, data: bytes) -> None:
    """Writes a new object.

    Args:
      path: gs://BUCKET/NAME.

    Raises:
      FileExistsError: it is there, with other bytes.
      OSError: the bucket could not be asked.
    """
    bucket, name = parse_gcs_path(path)
    try:
        blob = GcsIO().client.bucket(bucket).blob(name)
        try:
            blob.upload_from_string(data, if_generation_match=_NOT_THERE)
        except PreconditionFailed:
            if blob.download_as_bytes() != data:  # else it may be ours: an answer was lost, and the client asked again
                raise FileExistsError(f"{path} is there already") from None
    except (GoogleAPIError, GoogleAuthError, RequestException) as error:
        raise OSError(f"{path} could not be written: {error}") from error
