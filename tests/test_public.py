import phylolm


def test_every_public_name_is_there_and_documented():
    assert sorted(phylolm._HOME) == sorted(phylolm.__all__)
    for name in phylolm.__all__:
        thing = getattr(phylolm, name)
        assert name == "__version__" or thing.__doc__
