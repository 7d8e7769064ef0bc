def run():
    from os import environ
    return environ["HOME"]
