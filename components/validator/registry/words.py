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

UNSETTABLE = words("strides dtype writeable get_window_bounds state shape data")
"""Attributes of arrays, generators and window indexers that decide which memory is read."""

LENIENT = words("state shape data")
"""Of those, what the strategy may set on anything where its own classes have it."""

WRITABLE = words("__name__ __qualname__ __doc__")

UNDEFINABLE = CLOSED_BUILTINS | words("""
    __name__ __module__ __annotations__ __mro__ __bases__ __base__ __subclasses__ __subclasshook__
    __mro_entries__ __prepare__ __getattribute__ __dir__ __weakref__
    __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ __getnewargs_ex__
    __globals__ __code__ __closure__ __defaults__ __kwdefaults__ __self__ __func__ __wrapped__
    __members__ __dataclass_fields__ __dataclass_params__ __fspath__ __buffer__
    __array_interface__ __array_struct__ __dataframe__ __traceback__ __context__
    __cause__ __dlpack__ __dlpack_device__ get_window_bounds
""")
"""Special names that change what Python itself does: a strategy must not define them."""

ENGINE = words("_broker _data _params _indicators _check_params")
"""What the engine keeps in every Strategy."""

PORTFOLIO = words("_account _books _book _order _owner _values _shown")
"""What `algoops` keeps in every PortfolioStrategy and its indicators, beside those."""

GIVEN_ACCOUNT = words("__init__ __new__ __setattr__ __call__")
"""Methods by which a PortfolioStrategy, or its metaclass, would be given the account itself."""

ENGINE_API = words("I data")
"""What the engine gives every Strategy: an own `I` would hide indicators from the checks."""

ENGINE_CLASSES = words("Trade Order Position Data Strategy Backtest Broker Array Indicator")
"""`self.__x` in a class of this name is mangled to the engine's own private name."""

NEVER_YOURS = words("_module _os _sys _io _getframe _current_frames _modules _mgr")
"""Private names that lead to modules and frames: not even on a namesake's word."""

RESULTS = words("_strategy _trades _equity_curve _contributions _delisted")
"""What Backtest.run() and algoops.backtest() return under these names, by its documentation."""

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

NOTEBOOK_MODULES = words("""
    matplotlib pylab seaborn plotly bokeh mplfinance altair mpld3 IPython dash streamlit tqdm
    tabulate rich colorama quantstats pyfolio skopt sambo joblib dotenv openpyxl xlsxwriter
    yfinance yahoo_fin yahooquery pandas_datareader requests urllib3 aiohttp httpx bs4 gdown
    ccxt binance pybit MetaTrader5 alpaca alpaca_trade_api alpha_vantage oandapyV20 tpqoa polygon
    nsepy nsepython jugaad_data tvDatafeed investpy fredapi quandl nasdaqdatalink tushare akshare
    baostock FinanceDataReader pykrx kiteconnect fyers_apiv3 ib_insync ib_async
""")
"""Packages that plot, show or download: a strategy's class needs none of them."""

SAMPLE_DATA = words("GOOG EURUSD BTCUSD")
"""Data of `backtesting.test`: a notebook may change its copy."""

NOTEBOOK_ENGINE = SAMPLE_DATA | words("""
    Backtest FractionalBacktest MultiBacktest backtest plot plot_heatmaps set_bokeh_output
""")
"""Names of `backtesting` and `algoops` that only run, show or feed a backtest."""

DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "pandas_ta": "pandas-ta-openbb",
    "xgboost": "xgboost-cpu",
}
"""Names under which an index has packages that are imported by another name."""

PACKAGES = words("""
    pandas_ta_classic talipp tulipy finta stockstats btalib pyti vectorbt vectorbtpro backtrader
    zipline bt ffn empyrical riskfolio PyPortfolioOpt pypfopt cvxpy QuantLib catboost prophet
    pmdarima tensorflow keras torch numba polars pyarrow sympy networkx optuna hyperopt deap
    skfolio tsfresh smartmoneyconcepts freqtrade jesse lumibot alphalens
""")
"""Packages that strategies may know: an import of one is no forgotten file of the author's."""
