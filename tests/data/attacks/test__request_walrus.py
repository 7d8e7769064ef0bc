def test_a(request):
    (r := request).config
