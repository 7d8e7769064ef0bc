class S:
    def get(self, name):
        return getattr(self, name)
S().get("__class__")
