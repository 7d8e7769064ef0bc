globals
