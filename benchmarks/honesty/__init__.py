"""Who catches strategies that lie: this project and another verifier, on each other's cases."""
