class S:
    def get(self, x):
        return getattr(self, f"__{x}__")
