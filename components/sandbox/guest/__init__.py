"""What runs inside the sandbox: imports only the protocol."""
