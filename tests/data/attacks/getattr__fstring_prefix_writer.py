class S:
    def get(self, frame, x):
        return getattr(frame, f"to_{x}")("/tmp/x")
