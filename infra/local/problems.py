"""What stops the local stack, in one line that names the way out."""


class LocalProblem(Exception):
    """The stack cannot start or go on. The message is for the person at the keyboard."""
