def test_a(request):
    request.addfinalizer(print)
