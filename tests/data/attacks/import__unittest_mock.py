from unittest.mock import patch
patch("os.system")
