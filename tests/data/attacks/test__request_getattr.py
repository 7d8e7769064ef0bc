def test_a(request):
    getattr(request, 'config').stash
