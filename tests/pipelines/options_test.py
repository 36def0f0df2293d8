import pytest

from pipelines.options import WrongFlags, check_flags


def test_our_flags_and_beams_are_known():
    check_flags(["--source=shop", "--output", "out", "--runner=DirectRunner", "--direct_num_workers=2", "--project=p"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--souce=shop"], "unknown option --souce, did you mean --source?"),
        (["--direct_num_worker", "2"], "unknown option --direct_num_worker, did you mean --direct_num_workers?"),
        (["--num-workers=3"], "unknown option --num-workers, did you mean --num_workers?"),
        (["shop"], "unexpected argument 'shop'"),
    ],
)
def test_a_misspelt_flag_is_an_error_that_names_the_nearest(flags, message):
    with pytest.raises(WrongFlags) as error:
        check_flags(flags)

    assert message in str(error.value)
