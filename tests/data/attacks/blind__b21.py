import string
string.Template.__init__.__globals__
