def f(*, e=exec):
    e("1")
