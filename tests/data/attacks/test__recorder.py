def test_a(record_testsuite_property):
    record_testsuite_property('a', 1)
