"""Files as they come, from a disk or a request: known by what they hold, not by their names, and opened for reading."""

from acuerdo.adapters.files.opening import grids_of_bytes, grids_of_path, open_bytes, open_path

__all__ = ["grids_of_bytes", "grids_of_path", "open_bytes", "open_path"]
