class C:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, tb):
        tb.tb_frame.f_back
