# coding: unicode_escape
# \x0aimport os
