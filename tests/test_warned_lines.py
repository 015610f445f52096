"""The benchmark's sentences about warnings."""

import numpy as np
from benchmarks.warned_lines import Judged, sentences

RIGHT = Judged(errors_s=np.zeros(4), confidences=np.array([0.9, 0.9, 0.8, 0.7]))
HALF_OFF = Judged(errors_s=np.array([0.1, 3, np.inf, 5]), confidences=np.array([0.9, 0.3, 0.0, 0.8]))


def test_one_song_has_no_others_to_choose_a_limit_on() -> None:
    assert sentences([HALF_OFF]) == [
        "lines: 0.750 of 4 begin more than 1 s off; 0.500 are warned of; recall 0.667, precision 1.000"
    ]


def test_each_song_is_judged_by_a_limit_from_the_others() -> None:
    _, chosen, without = sentences([RIGHT, HALF_OFF])
    # 0.22 from the song that is half off warns of none of the others; 0.78 from the right one warns of two of four
    assert chosen == "limit chosen on the other songs, 0.22 to 0.78: 0.250 are warned of; recall 0.667, precision 1.000"
    assert without == "recall without one of the songs: 0.667 to 1.000"
