"""The sandbox: where code runs that an agent wrote."""
