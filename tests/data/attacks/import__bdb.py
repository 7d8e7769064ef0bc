import bdb
