from music_separator.domain.progress import StageName
from music_separator.store.rates import Rates
from tests.store.conftest import Rows


def test_what_was_never_done_here_has_no_rate(rows: Rows) -> None:
    assert Rates(rows.database).get(StageName.SEPARATION, "center") is None


def test_the_first_song_sets_the_rate_and_the_next_ones_move_it_half_way(rows: Rows) -> None:
    rates = Rates(rows.database)
    learnt = []
    for measured in (2.0, 4.0, 1.0):
        rates.learn(StageName.SEPARATION, "center", measured)
        learnt.append(rates.get(StageName.SEPARATION, "center"))
    assert learnt == [2.0, 3.0, 2.0]


def test_every_stage_and_every_engine_has_its_own_rate(rows: Rows) -> None:
    rates = Rates(rows.database)
    rates.learn(StageName.SEPARATION, "center", 2.0)
    rates.learn(StageName.KARAOKE, "writers", 0.1)
    assert rates.get(StageName.SEPARATION, "htdemucs") is None
    assert rates.get(StageName.KARAOKE, "writers") == 0.1
