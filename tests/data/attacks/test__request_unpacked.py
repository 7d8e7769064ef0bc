def test_a(request):
    request.node.session.testsfailed = 0
