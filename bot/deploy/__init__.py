"""Deploys and rollbacks decided and prepared; drift; checks of what is deployed."""
