"""How long hypothesis looks: in the suite at the same examples every time, with `MODEL_EXAMPLES=500` at so many others.

An evening's look needs `--timeout=0`; it also takes its time to make a story short.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(os.environ["DATA_DIR"])  # what it keeps between runs goes with this one
WANTED = int(os.environ.get("MODEL_EXAMPLES", "0"))


def pace(examples: int, steps: int) -> settings:
    """Without a store of its own: what was found becomes a test."""
    return settings(
        max_examples=WANTED or examples,
        stateful_step_count=steps,
        derandomize=not WANTED,
        phases=(Phase.generate, Phase.shrink) if WANTED else (Phase.generate,),
        database=None,
        deadline=None,
        print_blob=bool(WANTED),
        suppress_health_check=list(HealthCheck),
    )
