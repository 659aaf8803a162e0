"""Imported by the process that a crowd is forked from; it has done then what all would do alike."""

from tests.makers.engines import deeds

deeds.warm()
