"""Every error that a person can cause or can do something about.

    MrTuringError
    ├── BadInputError       a file, folder or argument cannot be used
    ├── NotFoundError       a name that nothing in the workspace has
    ├── RefusedError        understood, but a rule of the study or the workspace forbids it
    ├── AccessDeniedError   nobody is signed in, or not with the role that this needs
    └── WorkspaceError      the workspace itself is damaged, locked, full or of another version

Each says what happened, with the value, and what to do next. Pages and the command line show exactly that.
"""

import errno


class MrTuringError(Exception):
    """What happened (with the value) and what a person can do next."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f"{what} {next_step}".strip())
        self.what = what
        self.next_step = next_step


class BadInputError(MrTuringError):
    """A file, folder or argument cannot be used."""


class NotFoundError(MrTuringError):
    """A name that nothing in the workspace has."""


class RefusedError(MrTuringError):
    """Understood, but a rule of the study or the workspace forbids it."""


class AccessDeniedError(MrTuringError):
    """Nobody is signed in, or not with the role that this needs."""


class WorkspaceError(MrTuringError):
    """The workspace itself is damaged, locked, full or of another version."""


_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}


def from_os_error(error: OSError, where: object = "") -> WorkspaceError:
    """What the file system refused, in words; `where` is said if the error itself names no file."""
    what = ": ".join(str(part) for part in (error.strerror or error, error.filename or where) if str(part))
    if error.errno in _NO_SPACE:
        next_step = "Free some space and try again; nothing was kept of what was being written."
    elif error.errno in _NO_PERMISSION:
        next_step = "Check the permissions, or name another folder."
    else:
        next_step = "Check the path; `mrturing doctor` tells whether the workspace is whole."
    return WorkspaceError(f"{what}.", next_step)
