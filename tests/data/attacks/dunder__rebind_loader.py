__loader__ = None
