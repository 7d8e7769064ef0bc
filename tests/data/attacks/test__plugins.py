pytest_plugins = ['pytester']
def test_a(pytester):
    pytester.runpytest()
