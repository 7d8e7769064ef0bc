"""The names that mean something to Python or to the engine, in lists that people can read."""


def words(text: str) -> frozenset[str]:
    """The blank-separated words of a text."""
    return frozenset(text.split())


CLOSED_BUILTINS = words("""
    eval exec compile open __import__ globals locals vars dir input breakpoint help exit quit
    memoryview license credits copyright __build_class__ __loader__ __spec__ __package__
    __builtins__ __file__ __cached__ __path__ __class__ __dict__ reload execfile file raw_input
""")
"""Refused wherever they are read, unless the file surely has its own value by that name."""

MODULE_FACTS = words("__name__ __doc__ __debug__ __version__ __all__ __author__")

READABLE = words("""
    __name__ __qualname__ __doc__ __version__ __module__ __members__ __slots__ __match_args__
    __init__ __post_init__ __new__ __init_subclass__ __class_getitem__
    __repr__ __str__ __format__ __hash__
    __bool__ __len__ __iter__ __next__ __reversed__ __contains__ __getitem__ __setitem__
    __delitem__ __missing__ __call__ __enter__ __exit__
    __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __neg__ __pos__ __abs__ __invert__
    __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__
    __rtruediv__ __floordiv__ __mod__ __pow__ __and__ __or__ __xor__
    __float__ __int__ __index__ __round__
""")
"""Special attributes that lead nowhere: operations, and facts about names."""

WRITABLE = words("__name__ __qualname__ __doc__")

DEFINABLE = (READABLE - words("__module__ __members__ __name__")) | words("""
    __all__ __author__ __license__ __email__ __date__ __status__ __credits__ __copyright__
    __maintainer__ __title__ __test__ __tracebackhide__
    __del__ __getattr__ __setattr__ __delattr__ __set_name__ __get__ __set__
    __delete__ __instancecheck__ __subclasscheck__ __abstractmethods__
    __aenter__ __aexit__ __aiter__ __anext__ __await__ __copy__ __deepcopy__
    __length_hint__ __sizeof__ __bytes__ __complex__ __ceil__ __floor__ __trunc__
    __matmul__ __rmatmul__ __rmod__ __rpow__ __rfloordiv__ __rand__ __ror__ __rxor__ __ipow__
    __itruediv__ __ifloordiv__ __imod__ __iand__ __ior__ __ixor__ __lshift__ __rshift__
    __divmod__ __rdivmod__
    __array_priority__ __array__ __array_ufunc__ __array_function__ __array_finalize__
    __array_wrap__
""")
"""Special names that a strategy may define itself."""

ENGINE = words("_broker _data _params _indicators _check_params")
"""What the engine keeps in every Strategy."""

ENGINE_CLASSES = words("Trade Order Position Data Strategy Backtest Broker Array Indicator")
"""`self.__x` in a class of this name is mangled to the engine's own private name."""

NEVER_YOURS = words("_module _os _sys _io _getframe _current_frames _modules _mgr")
"""Private names that lead to modules and frames: not even on a namesake's word."""

RESULTS = words("_strategy _trades _equity_curve")
"""What Backtest.run() returns under these names, by its documentation."""

NAMED_TUPLE = words("_replace _asdict _fields _make _field_defaults")
ENUM = words("""
    _value_ _name_ _missing_ _generate_next_value_ _ignore_ _order_ _member_names_ _member_map_
    _value2member_map_
""")

PLAIN_BASES = words("""
    object ABC Enum IntEnum StrEnum Flag IntFlag Protocol Generic NamedTuple TypedDict Exception
    ValueError RuntimeError dict list tuple set str int float deque OrderedDict defaultdict
    Counter UserDict UserList Formatter Filter Handler LoggerAdapter tzinfo type
""")
"""Bases that don't make a class a strategy."""

LOGGING_BASES = words("Formatter Filter Handler LoggerAdapter")
"""Plain, but not without doors: a handler has a stream."""
