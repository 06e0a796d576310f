"""Where `authx` 1.7.1 had modules that applications import although they were private."""
