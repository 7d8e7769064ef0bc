def f():
    yield
f().gi_frame.f_builtins["eval"]
