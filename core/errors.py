"""Every error that a person can cause or can do something about.

    MrTuringError
    ├── BadInputError       a file, folder or argument cannot be used
    ├── NotFoundError       a name that nothing in the workspace has
    ├── RefusedError        understood, but a rule of the study or the workspace forbids it
    ├── AccessDeniedError   nobody is signed in, or not with the role that this needs
    └── WorkspaceError      the workspace itself is damaged, locked, full or of another version

Each says what happened, with the value, and what to do next. Pages and the command line show exactly that.
"""


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
