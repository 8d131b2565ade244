"""The numbers: each figure beside a reference that the same run measured on the same machine."""
