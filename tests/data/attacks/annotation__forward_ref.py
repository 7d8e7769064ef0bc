from typing import ForwardRef
ForwardRef("print('x')")._evaluate({}, {}, frozenset())
