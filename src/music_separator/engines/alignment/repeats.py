"""Lines that a search found sung more than once: they have the times of the pass that fits best."""

import numpy as np
import numpy.typing as npt

Path = npt.NDArray[np.intp]


def sung_once(path: Path, borders: Path, gains: npt.NDArray[np.float32]) -> Path:
    """Give a path that never falls: what is left of other passes becomes pause.

    ``gains``: how much better than music each frame fits, shape (frames,), 0 in pauses; ``borders`` as in StateRow.
    Of lines that lead on to where the song had come to, all from some line on may take the later pass, so that lines
    keep their order; those of a passage from which the song only returned keep the first.
    """
    path = path.copy()
    total = np.concatenate([[0.0], np.cumsum(gains, dtype=np.float64)])
    for back in (np.flatnonzero(np.diff(path) < 0) + 1).tolist()[::-1]:
        begin = int(np.append(np.flatnonzero(np.diff(path[:back]) < 0), -1).max()) + 1
        goal = path[back - 1]
        end = back + int(np.searchsorted(path[back:], goal))  # it never falls from here on
        line = int(np.searchsorted(borders, goal))
        # a pass that itself went back begins in a pause
        first = int(np.searchsorted(borders, max(path[back], path[begin] if begin else 0)))
        best, from_state, to = 0.0, goal, (back, end)
        if path[end - 1] > borders[line - 1]:
            for border in borders[first:line].tolist():
                earlier = begin + int(np.searchsorted(path[begin:back], border))
                later = back + int(np.searchsorted(path[back:end], border))
                gain = (total[end] - total[later]) - (total[back] - total[earlier])
                if gain > best:
                    best, from_state, to = gain, border, (earlier, later)
        path[slice(*to)] = from_state
    return path
