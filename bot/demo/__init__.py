"""The demo: the whole main job on a throw-away repository, driven as an author would."""
