#!/usr/bin/env python
# vim: set fileencoding=utf_16 :
