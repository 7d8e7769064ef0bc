import re
re.sre_compile.sys.modules
