import tempfile
tempfile.NamedTemporaryFile()
