"""What is raised beside Python's own exceptions."""

__all__ = ["ColumnNotFoundError"]


class ColumnNotFoundError(ValueError):
    """A column that is not there. The message names the one that was probably meant.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> tf.from_dict({"delay": [1]}).select("dely")
    Traceback (most recent call last):
    ...
    tilework.frame.exceptions.ColumnNotFoundError: there is no column 'dely'; did you mean 'delay'?
    """
