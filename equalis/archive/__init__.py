"""What is kept: the growing run directory, the sealed bundle, the keys and the seals."""
