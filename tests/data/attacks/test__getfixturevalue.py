def test_a(request):
    request.getfixturevalue('pytestconfig')
