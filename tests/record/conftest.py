"""Property tests on shared machines: no deadline on a single example, and the same examples on every CI run."""

import os

from hypothesis import settings

settings.register_profile("record", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("record")
