import codecs
codecs.decode("vzcbeg bf", "rot13")
