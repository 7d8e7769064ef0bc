def test_a(*, request):
    request.config.hook
