import pytest
pytest.main(["/tmp"])
