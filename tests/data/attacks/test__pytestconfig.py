def test_a(pytestconfig):
    pytestconfig.pluginmanager.unregister(name='terminal')
