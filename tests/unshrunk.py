"""A pytest plugin for `make mutants`: the same few examples each time, and none polished that fails."""

from hypothesis import Phase, settings

settings.register_profile(
    "unshrunk", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None, max_examples=25
)
settings.load_profile("unshrunk")
