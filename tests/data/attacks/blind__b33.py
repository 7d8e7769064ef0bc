try:
    import winreg as np
except ImportError:
    import numpy as np
