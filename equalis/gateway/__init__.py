"""The recording gateway: listener, TLS, routing, disturbances on purpose, redaction, recording."""
