"""What file systems behind URLs raise, as errors that say what to do."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from components.errors import AlgoOpsError, ConfigError, TransientError
from components.texts import cut, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_NO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "DefaultCredentialsError",
    "ClientAuthenticationError",
    "RefreshError",
}
"""Names of classes of botocore, google-auth and azure-core, which need not be installed."""

_EXTRAS = {"s3": "'algoops[remote]'", "s3a": "'algoops[remote]'", "gs": "fsspec gcsfs"}
_EXTRAS |= {"gcs": "fsspec gcsfs", "az": "fsspec adlfs", "abfs": "fsspec adlfs"}
_ENVIRONMENT = (
    "credentials come from the environment of the daemon and its workers (AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY or AWS_PROFILE for s3); they need to list and to read"
)


@contextmanager
def for_people(url: str, cache: Path) -> Iterator[None]:
    """Turn whatever is raised while a URL is read into an error that says what to do.

    Args:
        url: what is read; holds no credentials.
        cache: the folder that is written.
    """
    try:
        yield
    except AlgoOpsError:
        raise
    except ImportError as error:
        raise _not_installed(url, error) from error
    except FileNotFoundError as error:
        raise ConfigError(
            f"{url} is not there: {_said(error)}", hint="check the bucket and folder of `data.dir`"
        ) from error
    except PermissionError as error:
        raise ConfigError(f"{url} is refused: {_said(error)}", hint=_ENVIRONMENT) from error
    except OSError as error:
        raise disk_error(cache, error) if error.errno in _FULL else _failed(url, error) from error
    except Exception as error:  # a class of its own in each library
        if type(error).__name__ in _NO_CREDENTIALS:
            raise ConfigError(f"{url}: no credentials are set", hint=_ENVIRONMENT) from error
        raise _failed(url, error) from error


def disk_error(cache: Path, error: OSError) -> TransientError:
    """The cache of market data cannot be written."""
    return TransientError(
        f"the cache of market data, {cache}, cannot be written: {error.strerror}",
        hint="make room, or put `state.dir` on another disk; it is tried again",
    )


def _not_installed(url: str, error: ImportError) -> ConfigError:
    scheme = url.partition(":")[0]
    wanted = _EXTRAS.get(scheme)
    hint = f"pip install {wanted}" if wanted else f"install what fsspec needs for {scheme}://"
    return ConfigError(f"data.dir is {url}, which needs a library: {_said(error)}", hint=hint)


def _failed(url: str, error: Exception) -> TransientError:
    return TransientError(
        f"{url} cannot be read now: {_said(error)}",
        hint="there is no verdict on older data; it is tried again",
    )


def _said(error: Exception) -> str:
    """The error's own words in one line, without what may be secret: queries and user names."""
    text = re.sub(r"\?\S*", "", printable(str(error)))
    return cut(re.sub(r"//[^/\s@]*@", "//", text) or type(error).__name__, 200)
