collect_ignore = ['test_other.py']
