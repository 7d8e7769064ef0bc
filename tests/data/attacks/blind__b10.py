import collections
collections.abc.sys.modules
